"""Single characters and pairs of neighbours: what a search in Chinese is looked up by.

Chinese has no spaces, a word is mostly two characters, and an index of trigrams cannot find
two. Pairs find any two neighbours exactly; what is longer is compared once more with the text.
"""

import unicodedata
from collections.abc import Sequence

EXACT_MAX = 2
"""A word of so many characters is found by its gram alone."""


def folded(text: str) -> str:
    """Text as it is searched: one width, one case, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def grams(text: str) -> list[str]:
    """Every character and every pair of neighbours of a folded text, each once, in order."""
    found: dict[str, None] = {}
    for word in text.split():
        found |= dict.fromkeys(word)
        found |= dict.fromkeys(word[at : at + 2] for at in range(len(word) - 1))
    return list(found)


def sought_grams(word: str) -> Sequence[str]:
    """The grams that a text must hold to hold this folded word."""
    if len(word) <= EXACT_MAX:
        return [word]
    return list(dict.fromkeys(word[at : at + 2] for at in range(len(word) - 1)))
