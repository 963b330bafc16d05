"""Who may do what: every route, whom it answers, and which object of the stage it is asked about.

A new route needs a row here, and each form a row in forms.py. Whoever is not named in a row gets
403 or 404 (a visitor is led to signing in) and leaves no trace. A row answers for the objects of
the stage's court and of the people named; an object that is not there is 404 for everybody.
"""

from dataclasses import dataclass

Who = frozenset[str]


def _who(*names: str) -> Who:
    return frozenset(names)


BUYER, CREDITOR, DEBTOR = _who("buyer"), _who("creditor"), _who("debtor")
"""Of the sale: who bought, the applicant whose claim is paid, the debtor."""
CLAIMANT = _who("claimant")
"""A party of another case: the one whose lot is being appraised."""
STRANGER = _who("stranger")
"""Signed up, and party to nothing."""
BIDDERS = BUYER | CREDITOR | DEBTOR | CLAIMANT | STRANGER
OFFICER, PANEL, SUPERVISOR = _who("officer"), _who("panel"), _who("supervisor")
CLERK, APPROVER = _who("clerk"), _who("approver")
FINANCE = CLERK | APPROVER
READERS = OFFICER | PANEL | SUPERVISOR
COURT = READERS | FINANCE
AGENCY, REGISTRY, BUREAU = _who("agency"), _who("registry"), _who("bureau")
AGENCIES = AGENCY | _who("other agency")
ASSISTANTS = REGISTRY | BUREAU | _who("other registry", "other bureau")
ADMINISTRATOR = _who("administrator")


def anywhere(who: Who) -> Who:
    """These roles at the stage's court and at any other: for desks that show one's own court."""
    return who | {f"{name} elsewhere" for name in who & COURT}


SIGNED_IN = BIDDERS | anywhere(COURT) | AGENCIES | ASSISTANTS | ADMINISTRATOR
ANYBODY = SIGNED_IN | {"visitor"}
ADDRESSED = BIDDERS | AGENCIES | ASSISTANTS
"""Whom notices can be served on."""


@dataclass(frozen=True, slots=True)
class Row:
    """Whom a route answers, and about what."""

    who: Who
    of: str = ""
    """The object of the stage that fills the holes of the path."""
    is_known: bool = False
    """Whether everybody may know that it is there; else it must not be told by the way of a no."""


ABSENT = "nothing"
"""For paths whose secret nobody in the stage knows: they are only asked about what is not there."""

MAY: dict[str, Row] = {
    # what is public
    "GET /": Row(ANYBODY),
    "GET /healthz": Row(ANYBODY),
    "GET /readyz": Row(ANYBODY),
    "GET /help": Row(ANYBODY),
    "GET /help/{role}": Row(ANYBODY, "guide"),
    "GET /formats": Row(ANYBODY),
    "GET /personal-data": Row(ANYBODY),
    "GET /privacy": Row(ANYBODY),
    "GET /law": Row(ANYBODY),
    "GET /law/authority": Row(ANYBODY),
    "GET /lots": Row(ANYBODY),
    "GET /calendar": Row(ANYBODY),
    "GET /lots/{listing}": Row(ANYBODY, "listing"),
    "GET /lots/{listing}/files/{key}": Row(ANYBODY, "listed file"),
    "GET /lots/{listing}/bids": Row(ANYBODY, "listing"),
    "GET /lots/{listing}/bids.csv": Row(ANYBODY, "listing"),
    "GET /lots/{listing}/terms.json": Row(ANYBODY, "listing"),
    "GET /lots/{listing}/service": Row(ANYBODY, "listing"),
    "GET /photos/{id}": Row(ANYBODY, "photo"),
    "GET /draws": Row(ANYBODY),
    "GET /draws/{id}": Row(ANYBODY, "draw"),
    "GET /draws/{id}/state.json": Row(ANYBODY, "draw"),
    "GET /draws/{id}/transcript.json": Row(ANYBODY, "draw"),
    "GET /verify": Row(ANYBODY),
    "POST /verify": Row(ANYBODY),
    "GET /verify/authority.cer": Row(ANYBODY),
    "GET /verify/{code}": Row(ANYBODY, "ruling"),
    "POST /verify/{code}": Row(ANYBODY, "ruling"),
    "GET /amount-in-words": Row(ANYBODY),
    "POST /csp": Row(ANYBODY),
    "GET /practice": Row(ANYBODY),
    "GET /hall/protocol": Row(ANYBODY),
    "GET /hall/protocol.json": Row(ANYBODY),
    "GET /hall/keys": Row(ANYBODY),
    "GET /hall/keys.json": Row(ANYBODY),
    "GET /lots/{listing}/room": Row(ANYBODY, "listing"),
    "GET /lots/{listing}/bid": Row(ANYBODY, "listing"),
    "GET /lots/{listing}/reminder.ics": Row(ANYBODY, "listing"),
    # signing up and in
    "GET /sign-up": Row(ANYBODY),
    "POST /sign-up": Row(ANYBODY),
    "GET /sign-in": Row(ANYBODY),
    "POST /sign-in": Row(ANYBODY),
    "POST /sign-in/passkey": Row(ANYBODY),
    "GET /sign-in/code": Row(ANYBODY),
    "POST /sign-in/code": Row(ANYBODY),
    "POST /sign-out": Row(ANYBODY),
    "GET /mail/confirm/{secret}": Row(ANYBODY, ABSENT),
    "POST /mail/confirm/{secret}": Row(ANYBODY, ABSENT),
    "GET /forgotten": Row(ANYBODY),
    "POST /forgotten": Row(ANYBODY),
    "GET /reset/{secret}": Row(ANYBODY, ABSENT),
    "POST /reset/{secret}": Row(ANYBODY, ABSENT),
    "GET /demo": Row(_who(), ABSENT),
    "POST /demo": Row(_who(), ABSENT),
    "POST /demo/deposits/{listing}": Row(_who(), "listing"),
    # one's own account
    "GET /account": Row(SIGNED_IN),
    "GET /account/password": Row(SIGNED_IN),
    "POST /account/password": Row(SIGNED_IN),
    "POST /account/password/begin": Row(SIGNED_IN),
    "GET /account/present": Row(SIGNED_IN),
    "POST /account/sign-ins/{id}/end": Row(BUYER, "sign-in"),
    "GET /account/factors": Row(SIGNED_IN),
    "POST /account/generator": Row(SIGNED_IN),
    "POST /account/generator/drop": Row(SIGNED_IN),
    "POST /account/passkeys": Row(SIGNED_IN),
    "POST /account/passkeys/{id}/drop": Row(BUYER, "passkey"),
    "GET /account/mail": Row(SIGNED_IN),
    "POST /account/mail": Row(SIGNED_IN),
    # bidding
    "GET /me": Row(SIGNED_IN),
    "GET /lots/{listing}/join": Row(SIGNED_IN, "listing", is_known=True),
    "POST /lots/{listing}/join": Row(BIDDERS, "listing", is_known=True),
    "POST /lots/{listing}/join/acknowledge": Row(BUYER, "listing", is_known=True),
    "POST /lots/{listing}/join/participants": Row(BUYER, "listing", is_known=True),
    "POST /lots/{listing}/join/participants/withdraw": Row(BUYER, "listing", is_known=True),
    "POST /lots/{listing}/join/priority": Row(BUYER, "listing", is_known=True),
    "POST /lots/{listing}/join/submit": Row(BUYER, "listing", is_known=True),
    "POST /lots/{listing}/join/withdraw": Row(BUYER, "listing", is_known=True),
    "POST /lots/{listing}/room/enter": Row(BUYER, "listing", is_known=True),
    "POST /lots/{listing}/room/ticket": Row(BUYER, "listing", is_known=True),
    "POST /lots/{listing}/bid": Row(BUYER, "listing", is_known=True),
    "GET /lots/{listing}/receipts": Row(BUYER, "listing", is_known=True),
    "GET /lots/{listing}/receipts/{bid}": Row(BUYER, "listing", is_known=True),
    # parties and buyers
    "GET /party": Row(BIDDERS),
    "GET /party/plans/{id}": Row(CREDITOR | DEBTOR, "plan"),
    "POST /party/plans/{id}/object": Row(CREDITOR | DEBTOR, "plan"),
    "POST /party/objections/{id}/oppose": Row(CREDITOR | DEBTOR, "plan objection"),
    "POST /party/objections/{id}/withdraw": Row(CREDITOR, "plan objection"),
    "GET /party/purchases/{id}": Row(BUYER, "sale"),
    "POST /party/purchases/{id}/sign": Row(BUYER, "sale"),
    "GET /inbox": Row(ADDRESSED),
    "GET /inbox/{id}": Row(BUYER | READERS, "ruling"),
    "POST /inbox/{id}/receive": Row(BUYER, "ruling"),
    "GET /notices/{id}/paper": Row(BUYER | READERS, "ruling"),
    # appraisal
    "POST /draws/{id}/commit": Row(CLAIMANT, "draw", is_known=True),
    "POST /draws/{id}/reveal": Row(CLAIMANT, "draw", is_known=True),
    "GET /supervision": Row(anywhere(SUPERVISOR)),
    "GET /supervision/draws/{id}/ruling": Row(SUPERVISOR, "draw"),
    "GET /conflicts": Row(anywhere(SUPERVISOR) | ADMINISTRATOR),
    "POST /conflicts": Row(anywhere(SUPERVISOR) | ADMINISTRATOR),
    "POST /conflicts/end": Row(anywhere(SUPERVISOR) | ADMINISTRATOR),
    "GET /supervision/openings": Row(anywhere(SUPERVISOR)),
    "POST /supervision/openings": Row(SUPERVISOR),
    "GET /supervision/openings/{id}": Row(SUPERVISOR, "opening"),
    "POST /supervision/openings/{id}/show": Row(SUPERVISOR, "opening"),
    "GET /agency": Row(AGENCIES),
    "GET /agency/commissions/{id}": Row(AGENCY, "commission"),
    "POST /agency/commissions/{id}/accept": Row(AGENCY, "commission"),
    "POST /agency/commissions/{id}/decline": Row(AGENCY, "commission"),
    "POST /agency/commissions/{id}/report": Row(AGENCY, "commission"),
    "GET /reports": Row(SIGNED_IN),
    "GET /reports/{id}": Row(CLAIMANT | AGENCY | READERS, "report"),
    "GET /reports/{id}/pdf": Row(CLAIMANT | AGENCY | READERS, "report"),
    "POST /reports/{id}/objections": Row(CLAIMANT, "report"),
    # register and tax bureau
    "GET /assist": Row(ADDRESSED),
    "GET /assist/{id}": Row(REGISTRY | READERS, "letter"),
    "POST /assist/{id}/receive": Row(REGISTRY, "letter"),
    "POST /assist/{id}/register": Row(REGISTRY, "letter"),
    "POST /assist/{id}/assess": Row(BUREAU, "tax letter"),
    # the court: cases, assets, lots
    "GET /court": Row(anywhere(READERS)),
    "GET /court/cases": Row(anywhere(READERS)),
    "POST /court/cases": Row(anywhere(OFFICER)),
    "GET /court/cases/{id}": Row(READERS, "case"),
    "GET /court/cases/{id}/notices": Row(READERS, "case"),
    "POST /court/cases/{id}/parties": Row(OFFICER, "case"),
    "POST /court/cases/{id}/claims": Row(OFFICER, "case"),
    "POST /court/cases/{id}/assets": Row(OFFICER, "case"),
    "POST /court/cases/{id}/stay": Row(OFFICER, "case"),
    "POST /court/cases/{id}/resume": Row(OFFICER, "case"),
    "POST /court/parties/{id}/account": Row(OFFICER, "party"),
    "GET /court/parties/{id}/full": Row(anywhere(OFFICER)),  # asks for a reason, shows nothing
    "POST /court/parties/{id}/full": Row(OFFICER, "party"),
    "POST /court/parties/{id}/withdraw": Row(OFFICER, "party"),
    "POST /court/claims/{id}/withdraw": Row(OFFICER, "claim"),
    "GET /court/assets/{id}": Row(READERS, "asset"),
    "POST /court/assets/{id}/seizure": Row(OFFICER, "asset"),
    "POST /court/assets/{id}/investigation": Row(OFFICER, "asset"),
    "POST /court/assets/{id}/photos": Row(OFFICER, "asset"),
    "POST /court/assets/{id}/originals": Row(OFFICER, "asset"),
    "POST /court/assets/{id}/lot": Row(OFFICER, "asset"),
    "GET /court/photos/{id}": Row(READERS, "photo"),
    "GET /court/lots/{id}": Row(READERS, "lot"),
    "POST /court/lots/{id}/withdraw": Row(OFFICER, "lot"),
    "GET /court/imports": Row(anywhere(OFFICER) | ADMINISTRATOR),
    "POST /court/imports": Row(anywhere(OFFICER) | ADMINISTRATOR),
    # the court: listings
    "POST /court/lots/{id}/listings": Row(OFFICER, "lot"),
    "GET /court/listings/{id}": Row(READERS, "listing"),
    "POST /court/listings/{id}/terms": Row(OFFICER, "draft"),
    "POST /court/listings/{id}/vote": Row(PANEL, "draft"),
    "POST /court/listings/{id}/items": Row(OFFICER, "draft"),
    "POST /court/listings/{id}/notify": Row(OFFICER, "draft"),
    "POST /court/listings/{id}/publish": Row(OFFICER, "draft"),
    "POST /court/listings/{id}/suspend": Row(OFFICER, "listing"),
    "POST /court/listings/{id}/resume": Row(OFFICER, "listing"),
    "POST /court/listings/{id}/withdraw": Row(OFFICER, "listing"),
    "POST /court/participants/{id}": Row(OFFICER, "participant"),
    "GET /court/live": Row(anywhere(READERS)),
    "GET /court/live/{id}": Row(READERS, "listing"),
    "GET /court/live/{id}/state.json": Row(READERS, "listing"),
    "POST /court/live/{id}/start": Row(OFFICER, "listing"),
    "POST /court/live/{id}/suspend": Row(OFFICER, "listing"),
    "POST /court/live/{id}/resume": Row(OFFICER, "listing"),
    "POST /court/live/{id}/withdraw": Row(OFFICER, "listing"),
    "POST /court/live/{id}/certificate": Row(OFFICER, "listing"),
    "GET /court/priority": Row(anywhere(READERS)),
    "POST /court/priority/{id}": Row(OFFICER | PANEL, "priority"),
    # the court: appraisal
    "GET /court/lots/{id}/valuation": Row(READERS, "valued lot"),
    "POST /court/lots/{id}/valuation/open": Row(OFFICER, "valued lot"),
    "POST /court/lots/{id}/valuation/{assignment}/negotiation": Row(OFFICER, "valued lot"),
    "POST /court/lots/{id}/valuation/{assignment}/appraisal": Row(OFFICER, "valued lot"),
    "POST /court/lots/{id}/valuation/{assignment}/withdraw": Row(OFFICER, "valued lot"),
    "POST /court/lots/{id}/valuation/{assignment}/draw": Row(OFFICER, "valued lot"),
    "POST /court/draws/{id}/void": Row(OFFICER, "draw"),
    "POST /court/reports/{id}/check": Row(OFFICER, "report"),
    "POST /court/reports/{id}/serve": Row(OFFICER, "report"),
    "POST /court/objections/{id}/answer": Row(OFFICER, "report objection"),
    # the court: sales and plans
    "GET /court/sales": Row(anywhere(COURT)),
    "GET /court/sales/{id}": Row(COURT, "sale"),
    "GET /court/lots/{id}/sale": Row(COURT, "sold lot"),
    "POST /court/sales/{id}/last-notice": Row(OFFICER, "sale"),
    "POST /court/sales/{id}/default": Row(OFFICER, "sale"),
    "POST /court/sales/{id}/qualification": Row(OFFICER, "sale"),
    "POST /court/sales/{id}/ruling": Row(OFFICER, "sale"),
    "POST /court/sales/{id}/assistance": Row(OFFICER, "sale"),
    "POST /court/sales/{id}/vouchers": Row(OFFICER, "sale"),
    "POST /court/sales/{id}/delivery": Row(OFFICER, "sale"),
    "GET /court/plans": Row(anywhere(COURT)),
    "GET /court/plans/{id}": Row(COURT, "plan"),
    "GET /court/lots/{id}/plan": Row(COURT, "sold lot"),
    "GET /court/sales/{id}/plan": Row(OFFICER, "sale"),
    "POST /court/sales/{id}/plan": Row(OFFICER, "sale"),
    "POST /court/plans/{id}/serve": Row(OFFICER, "plan"),
    "POST /court/plans/{id}/withdraw": Row(OFFICER, "plan"),
    "POST /court/plans/{id}/propose": Row(OFFICER, "plan"),
    "POST /court/plans/{id}/orders": Row(CLERK, "plan"),
    "POST /court/plan-lines/{id}/order": Row(CLERK, "plan line"),
    "POST /court/plan-objections/{id}/answer": Row(OFFICER | PANEL, "plan objection"),
    # four eyes: a draw that is asked to be void
    "GET /approvals": Row(anywhere(COURT) | ADMINISTRATOR),
    "GET /approvals/{id}": Row(OFFICER | SUPERVISOR, "request"),
    "POST /approvals/{id}/approve": Row(SUPERVISOR, "request"),
    "POST /approvals/{id}/reject": Row(SUPERVISOR, "request"),
    # money
    "GET /finance": Row(anywhere(FINANCE)),
    "GET /finance/deposits": Row(anywhere(FINANCE)),
    "GET /finance/ledger": Row(anywhere(FINANCE)),
    "GET /finance/ledger/accounts/{id}": Row(FINANCE, "account"),
    "GET /finance/ledger/accounts/{id}/flow": Row(FINANCE, "account"),
    "GET /finance/ledger/postings/{id}": Row(FINANCE, "posting"),
    "GET /finance/orders": Row(anywhere(FINANCE)),
    "POST /finance/orders/send": Row(anywhere(FINANCE)),
    "GET /finance/orders/file": Row(anywhere(FINANCE)),
    "POST /finance/orders/{number}/fail": Row(CLERK, "order"),
    "GET /finance/statements": Row(anywhere(FINANCE)),
    "POST /finance/statements": Row(anywhere(CLERK)),
    "POST /finance/statements/import": Row(CLERK, "statement"),
    "GET /finance/statements/{digest}": Row(CLERK, "statement"),
    "GET /finance/lines": Row(anywhere(FINANCE)),
    "GET /finance/lines/{id}": Row(FINANCE, "bank line"),
    "GET /finance/lines/{id}/full": Row(anywhere(FINANCE)),
    "POST /finance/lines/{id}/full": Row(FINANCE, "bank line"),
    "GET /finance/orders/{number}/full": Row(anywhere(FINANCE)),
    "POST /finance/orders/{number}/full": Row(FINANCE, "order"),
    "POST /finance/lines/{id}/claim": Row(CLERK, "bank line"),
    "POST /finance/lines/{id}/refund": Row(CLERK, "bank line"),
    # oversight, operations, administration
    "GET /oversight": Row(anywhere(SUPERVISOR) | ADMINISTRATOR),
    "GET /oversight/journal.jsonl": Row(anywhere(SUPERVISOR) | ADMINISTRATOR),
    "GET /oversight/journal/{stream}": Row(anywhere(SUPERVISOR) | ADMINISTRATOR, "stream"),
    "GET /oversight/journal/{stream}.jsonl": Row(anywhere(SUPERVISOR) | ADMINISTRATOR, "stream"),
    "GET /oversight/ledger.{program}": Row(anywhere(SUPERVISOR | FINANCE), "export"),
    "GET /ops": Row(ADMINISTRATOR),
    "POST /ops/outbox/{id}/retry": Row(ADMINISTRATOR, "dead row"),
    "GET /admin": Row(ADMINISTRATOR),
    "GET /admin/people/{id}": Row(ADMINISTRATOR, "person"),
    "GET /admin/people/{id}/full": Row(ADMINISTRATOR),
    "POST /admin/people/{id}/full": Row(ADMINISTRATOR, "person"),
    "POST /admin/people/{id}/roles": Row(ADMINISTRATOR, "person"),
    "POST /admin/people/{id}/roles/revoke": Row(ADMINISTRATOR, "person"),
    "POST /admin/people/{id}/sign-ins/end": Row(ADMINISTRATOR, "person"),
    "POST /admin/people/{id}/representative": Row(ADMINISTRATOR, "person"),
    "GET /admin/organisations": Row(ADMINISTRATOR),
    "POST /admin/organisations": Row(ADMINISTRATOR),
    "GET /admin/organisations/{id}": Row(ADMINISTRATOR, "organisation"),
    "POST /admin/organisations/{id}/members": Row(ADMINISTRATOR, "organisation"),
}
