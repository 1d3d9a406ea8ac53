"""How near a text has to be to a question before it counts as found (docs/decisions/019-hybrid-search.md).

What is near is different with every model: some take any two texts for nearly the same. So a question is held against a
few sentences nobody asked for, and a text has to be clearly nearer than those.
"""

import math
from collections.abc import Sequence
from statistics import mean, pstdev

# In as many languages and about as much as so few can be.
BACKGROUND = (
    "The invoice is due at the end of the month.",
    "Please restart the printer and try again.",
    "The committee adjourned without a decision on the budget.",
    "Rates for the second quarter were revised slightly downwards.",
    "The tenant shall give notice in writing.",
    "A lorry overturned near the motorway exit, and nobody was hurt.",
    "Our new phone has a larger battery and two colours.",
    "The patient was discharged after two days.",
    "Der Zug nach Hannover fällt heute aus.",
    "Die Lieferung erfolgt innerhalb von drei Werktagen.",
    "Le ministre a présenté son rapport devant la commission.",
    "Votre colis est arrivé au point de retrait.",
    "El banco cierra a las dos de la tarde.",
    "La empresa anunció un cambio en su junta directiva.",
    "A fatura foi enviada para o seu endereço.",
    "Il modulo deve essere firmato in ogni pagina.",
)
# Those that happen to be about what was asked do not count.
LEFT_OUT = 3
# By so many standard deviations; chosen by `make bench ARGS=search_quality`.
CLEARLY = 3.0


def floor_of(vector: Sequence[float], background: Sequence[Sequence[float]]) -> float:
    """Return the cosine from which on a text is found.

    Args:
        vector: what a question means.
        background: what `BACKGROUND` means to the same model.
    """
    cosines = sorted(cosine(vector, other) for other in background)[:-LEFT_OUT]
    return mean(cosines) + CLEARLY * pstdev(cosines)


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the cosine of two vectors, neither of them zero."""
    return _dot(one, other) / math.sqrt(_dot(one, one) * _dot(other, other))


def _dot(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))
