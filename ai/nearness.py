"""How near a text has to be to a question before it counts as found (docs/decisions/025-hybrid-search.md).

What is near is different with every model: some take any two texts for nearly the same. So a question is held against a
few sentences nobody asked for, and a text has to be clearly nearer than those.
"""

import math
from collections.abc import Sequence
from operator import mul
from statistics import fmean, pstdev

# In several languages, and about what nobody tells of themself.
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
        background: what `BACKGROUND` means to the same model, as unit vectors.
    """
    unit = normal(vector)
    cosines = sorted(_dot(unit, other) for other in background)[:-LEFT_OUT]
    return fmean(cosines) + CLEARLY * pstdev(cosines)


def normal(vector: Sequence[float]) -> list[float]:
    """Return the unit vector in the direction of one that is not zero."""
    length = math.sqrt(_dot(vector, vector))
    return [number / length for number in vector]


def _dot(one: Sequence[float], other: Sequence[float]) -> float:
    product: float = sum(map(mul, one, other))
    return product
