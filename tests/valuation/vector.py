"""The DRAW/1 test vector, built from its published recipe.

Keys: the secret keys of RFC 9381 examples 16 and 17. Pool: 91330000 + ten digits, 1 to 12.
Nonce of each contributor: SHA-256("vector-" + who); applicant and officer reveal.
"""

import hashlib

SECRETS = {
    "platform": "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    "court-supervision": "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
}
DRAW_ID = "5dc2eb49165ab932e04508cc6b09557c0f0a85870a62baf907a60ae17cbcf417"
ALPHA = "02c06800045778b146173fa5c2c793cd05a4816378d5299359bb4289d27761a0"
OUTPUT_STARTS = ["43a8d565647a547e8e963c12c5417f00", "2fafd1429d7c25cb29762cb3bb28c842"]


def nonce(who: str) -> str:
    """The number that a contributor of the vector hid."""
    return hashlib.sha256(f"vector-{who}".encode()).hexdigest()


MANIFEST = {
    "v": "DRAW/1",
    "court": "3301",
    "case": "(2026)浙01执123号",
    "asset": "A-1",
    "purpose": "assessor",
    "attempt": 1,
    "draw_no": 42,
    "k": 3,
    "pool_src": {
        "name": "司法评估名单分库/房地产/浙江",
        "version": "2026-10-01",
        "sha256": "27cac5503836765cd10751d27ab4a6e17d7a80d4c948430a5a81513973f9b51e",
    },
    "pool": [{"uscc": f"91330000{n:010d}", "name": f"评估机构{n:02d}"} for n in range(1, 13)],
    "vrf": [
        {
            "role": "platform",
            "pk": "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        },
        {
            "role": "court-supervision",
            "pk": "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        },
    ],
    "beacon": None,
}
TRANSCRIPT = {
    "manifest": MANIFEST,
    "contrib": [
        {
            "who": "applicant",
            "commit": "add6a499128309d7173b9e546e6fadc76ab9f3c73c619cbf60af90d7df2f315b",
            "reveal": "2dd2e1ca0448df7fcf96fa1b4f582f3476a358a2ce1ba3326ac0bf7335035644",
        },
        {
            "who": "officer",
            "commit": "e5d3f7b0626a71c7418bae31c4534e05fc2dd14f5ad88dc65842db63dc8e2332",
            "reveal": "f036d909f95d49013fb3276e0c3be44688f4fc1d4082af05c9f3163a51b6ff5b",
        },
        {
            "who": "respondent",
            "commit": "99dd5afe2d6286257d754cbec5067c605696d287babc8a48a0291d0c466c0719",
            "reveal": None,
        },
    ],
    "proofs": [
        "13a505db61a815a28164546900b5a898d5a16da4b2b3d246e0415e3f1bcf4d5f2f6f911fd487b810"
        "2381481335c13a03c5daf9d4c3f7c81b4d17a138d3a7b8f8853a6c79541caf1584c8c7a9504acd02",
        "4832ac99cc65992c92107421416fc8ae59f6cc168f899f1030dced4bf080cb00ac41c2fd1d2f962f"
        "c890376ebdf3ab814faf6886005b76f44f3d9844006087d2c2ab33b08590b12910bf5e2de529d60d",
    ],
    "beacon": None,
    "seed": "a4dca4afa056f1e890d070ce5d81bbb93ff0536e475a7a053414b4dd3e09db5c",
    "result": ["913300000000000009", "913300000000000001", "913300000000000012"],
}
