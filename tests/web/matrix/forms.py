"""What a person would fill into each form: nothing here is wrong, so only authority can refuse."""

from pathlib import Path

from auction.kernel.ids import new_id
from auction.law.warnings import VERSION
from tests.conftest import NOON
from tests.uploads import a_report, taken
from tests.web.matrix.cast import COURT, SUBJECT, Form

DAY, LATER = "2026-04-01", "2027-04-01"
GROUND = {"ground": "当事人申请"}
CODE = "M4T9K2QX"
"""A code of the stage's hall."""
REASON = {"reason": "登记有误"}


def fresh() -> str:
    """An id as the pages put it into their forms."""
    return str(new_id(NOON))


def form_of(route: str, holes: dict[str, str], objects: dict[str, dict[str, str]]) -> Form:
    """The fields of a route's form; what they name belongs to the stage as the path does."""
    named = {
        "POST /court/cases/{id}/claims": {"party": objects["party"]["id"]},
        "POST /court/sales/{id}/assistance": {
            "registry": objects["registry"]["id"], "bureau": objects["bureau"]["id"],
        },
        "POST /finance/statements/import": {
            "digest": holes.get("digest", "0" * 64), "seal": holes.get("seal", "0" * 64),
        },
        "POST /court/assets/{id}/originals": {"photograph": objects["photo"]["id"]},
        "POST /approvals/{id}/approve": {
            "confirmed": "on", "payload_hash": objects["request"]["payload_hash"],
        },
        "POST /supervision/openings": {
            "listing": objects["listing"]["id"], "code": CODE, "reason": "举报围标",
        },
        "POST /lots/{listing}/join/participants/withdraw": {"id": objects["participant"]["id"]},
        "POST /verify": {"code": objects["ruling"]["code"]},
    }  # fmt: skip
    ids = dict.fromkeys(IDS.get(route, ()), fresh())
    return {**FORMS.get(route, {}), **named.get(route, {}), **ids}


IDS = {
    "POST /supervision/openings": ("id",),
    "POST /court/cases": ("id",),
    "POST /court/cases/{id}/parties": ("id",),
    "POST /court/cases/{id}/claims": ("id",),
    "POST /court/cases/{id}/assets": ("id",),
    "POST /court/assets/{id}/lot": ("id",),
    "POST /court/lots/{id}/listings": ("id",),
    "POST /court/lots/{id}/valuation/open": ("assignment_id",),
    "POST /agency/commissions/{id}/report": ("report_id",),
    "POST /reports/{id}/objections": ("objection_id",),
    "POST /lots/{listing}/bid": ("bid_id",),
}
"""Fields in which the page put an id of what the form makes."""

FORMS: dict[str, Form] = {
    "POST /verify/{code}": {"file": a_report()},
    "POST /sign-up": {
        "username": "newcomer", "kind": "natural", "name": "某新人",
        "identity_number": "990101198001019996", "password": "correct horse battery",
        "has_agreed": "on",
    },
    "POST /sign-in": {"username": "nobody", "password": "correct horse battery"},
    "POST /sign-in/passkey": {"credential": "{}"},
    "POST /sign-in/code": {"one_time_code": "000000"},
    "POST /forgotten": {"username": "nobody"},
    "POST /reset/{secret}": {"password": "correct horse battery"},
    "POST /demo": {"username": "officer"},
    "POST /account/generator": {"first_code": "000000"},
    "POST /account/passkeys": {"credential": "{}", "label": "key"},
    "POST /account/mail": {"address": "someone@example.org"},
    "POST /lots/{listing}/join/acknowledge": {"key": "as_is", "version": VERSION},
    "POST /lots/{listing}/join/participants": {
        "participant_kind": "joint", "person_kind": "natural", "name": "某联合人",
        "identity_number": "990101198001019996",
    },
    "POST /court/participants/{id}": {"decision": "decline"},
    "POST /lots/{listing}/join/priority": {"ground": "承租人"},
    "POST /lots/{listing}/join/submit": {
        "room_password": "参拍密码八位以上", "room_password_again": "参拍密码八位以上",
    },
    "POST /lots/{listing}/room/enter": {"room_password": "参拍密码八位以上"},
    "POST /lots/{listing}/bid": {"amount": "700000", "price_seen": "0"},
    "POST /party/plans/{id}/object": {"reason": "金额有误"},
    "POST /draws/{id}/commit": {"commitment": "ab" * 32},
    "POST /draws/{id}/reveal": {"secret": "ab" * 32},
    "POST /agency/commissions/{id}/decline": GROUND,
    "POST /agency/commissions/{id}/report": {
        "number": "估字1号", "based_on": "2026-03-01", "methods": ["market", "cost"],
        "value": "1,234,567.89", "valid_until_on": "2027-01-01", "first_signer": "甲某",
        "first_licence": "33001", "second_signer": "乙某", "second_licence": "33002",
        "pdf": a_report(),
    },
    "POST /reports/{id}/objections": {"ground": "data", "reasons": "面积有误"},
    "POST /account/password": {
        "present_password": "not the one I have", "new_password": "another long sentence",
        "new_password_again": "another long sentence",
    },
    "POST /conflicts": {
        "person_kind": "legal", "identity_number": "91110000600037341L", "relation": "auxiliary",
    },
    "POST /conflicts/end": {"person_kind": "legal", "identity_number": "91110000600037341L"},
    "POST /assist/{id}/register": {"certificate_number": "浙（2026）不动产权第1号"},
    "POST /assist/{id}/assess": {
        "deed-buyer-base": "1000000", "deed-buyer-rate": "1", "deed-buyer-amount": "10000",
    },
    "POST /court/cases": {"number": "（2026）浙执77号", "enforcement_basis": "民事判决书"},
    "POST /court/cases/{id}/parties": {"role": "creditor", "name": "某债权人"},
    "POST /court/cases/{id}/claims": {
        "claim_kind": "ordinary", "title_document": "判决书", "principal": "100",
    },
    "POST /court/cases/{id}/assets": {
        "kind": "home", "title": "一套住房", "ruling_number": "之九", "seized_on": DAY,
        "expires_on": LATER,
    },
    "POST /court/cases/{id}/stay": GROUND,
    "POST /court/parties/{id}/account": {
        "payout_name": "某银行", "payout_bank": "某行", "payout_account": "6222000",
        "reason": "来函更正",
    },
    "POST /court/parties/{id}/withdraw": REASON,
    "POST /court/parties/{id}/full": REASON,
    "POST /finance/lines/{id}/full": REASON,
    "POST /finance/orders/{number}/full": REASON,
    "POST /admin/people/{id}/full": REASON,
    "POST /court/assets/{id}/originals": REASON,
    "POST /court/claims/{id}/withdraw": REASON,
    "POST /court/live/{id}/suspend": GROUND,
    "POST /court/live/{id}/withdraw": GROUND,
    "POST /court/assets/{id}/seizure": {
        "ruling_number": "之九", "seized_on": DAY, "expires_on": LATER,
    },
    "POST /court/assets/{id}/investigation": {
        "ownership_status": "checked", "encumbrances_status": "checked",
        "occupancy_status": "checked", "arrears_status": "checked", "defects_status": "checked",
        "ownership": "无", "encumbrances": "无", "occupancy": "无", "arrears": "无",
        "defects": "无",
    },
    "POST /court/assets/{id}/photos": {"photos": taken("PNG")},
    "POST /court/assets/{id}/lot": {"title": "一套住房"},
    "POST /court/lots/{id}/withdraw": GROUND,
    "POST /court/imports": {"lots": Path("web/static/formats/lots.csv").read_bytes()},
    "POST /court/listings/{id}/terms": {
        "starting_price": "700000", "increment": "5000", "deposit": "50000",
        "opens_at": "2026-06-01T10:00:00", "closes_at": "2026-06-02T10:00:00",
        "balance_days": "10",
    },
    "POST /court/listings/{id}/vote": {
        "terms_digest": "ab" * 32, "answer": "approve", "opinion": "同意",
    },
    "POST /court/listings/{id}/items": {"item_title": "标的物情况"},
    "POST /court/listings/{id}/notify": {"unreachable_because": "下落不明"},
    "POST /court/listings/{id}/suspend": GROUND,
    "POST /court/listings/{id}/withdraw": GROUND,
    "POST /court/priority/{id}": {"decision": "confirm", "rank": "1"},
    "POST /court/lots/{id}/valuation/{assignment}/negotiation": {
        "applicant_price": "100", "respondent_price": "200", "held_on": "2026-03-01",
        "note": "议价笔录",
    },
    "POST /court/lots/{id}/valuation/{assignment}/appraisal": {
        "field": "real_estate", "region": "浙江",
    },
    "POST /court/lots/{id}/valuation/{assignment}/withdraw": GROUND,
    "POST /court/draws/{id}/void": GROUND,
    "POST /court/reports/{id}/check": {"remark": "请补正"},
    "POST /court/objections/{id}/answer": {"answer": "面积无误"},
    "POST /court/sales/{id}/default": {"confirmed": "on"},
    "POST /court/sales/{id}/qualification": {"is_qualified": "on", "evidence": "查询结果"},
    "POST /court/sales/{id}/ruling": {"confirmed": "on", "ruling_number": "之八"},
    "POST /court/sales/{id}/assistance": {"requests": "解除查封"},
    "POST /court/sales/{id}/vouchers": {"vouchers": "完税证明1"},
    "POST /court/sales/{id}/plan": {
        "fee_name": "某财政局", "fee_account": "3300100", "tax_name": "某国库",
        "tax_account": "3300200",
    },
    "POST /court/plans/{id}/withdraw": REASON,
    "POST /court/plan-objections/{id}/answer": {"is_upheld": "on", "resolution": "成立"},
    "POST /finance/statements": {
        "statement": Path("web/static/formats/statement.csv").read_bytes(),
    },
    "POST /finance/lines/{id}/claim": {"claimed_as": "95589900000001", "reason": "附言写明"},
    "POST /finance/lines/{id}/refund": {"refund_reason": "无人认领"},
    "POST /admin/people/{id}/roles": {"role": "panel", "court": COURT},
    "POST /admin/people/{id}/representative": {"username": f"p{SUBJECT.int}"},
    "POST /admin/people/{id}/roles/revoke": {"role": "bidder"},
    "POST /admin/organisations": {
        "kind": "agency", "name": "某评估机构", "code": "91330106MA27WYU94X",
    },
    "POST /admin/organisations/{id}/members": {"username": f"p{SUBJECT.int}"},
}  # fmt: skip
