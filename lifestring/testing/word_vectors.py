"""Vectors for texts without a model: the same in every process and run, and alike where texts say alike things.

A word points along a few axes of its own, along those of its letters by threes, which inflections and misspelt words
share, and along those of what it means, as far as the small list here knows. Real models know far more, above all of whole
sentences.
"""

import hashlib
import math
import re
from collections.abc import Iterator
from functools import lru_cache

from lifestring.search.languages import LANGUAGES, fold

DIMENSIONS = 1536
# Each feature of a word points along so many axes.
AXES = 8
OF_WORD, OF_LETTERS, OF_MEANING = 1.0, 0.25, 1.5
# What tells the language tells nothing of the subject.
OF_FREQUENT = 0.1
_FREQUENT = {word for language in LANGUAGES for word in language.words} | {
    *("a", "about", "are", "at", "be", "by", "for", "i", "in", "is", "it", "my"),
    *("not", "of", "on", "or", "that", "we", "what", "who"),
}

# Words that mean nearly the same, line by line.
_MEANINGS = """
animal animals pet pets wildlife tier tiere animaux animales
baby babies child children kid kids parent parents parenting toddler kinder enfants ninos hijos eltern
bake baked baking baker bakery bread dough sourdough loaf oven croissant backen brot pain boulangerie pan panaderia
bee bees beekeeper beekeeping hive hives honey bienen imker imkerei honig abeille abeilles miel abejas colmena
bicycle bicycles bike bikes biking cycle cycling cyclist cyclists ride riding fahrrad radfahren velo cyclisme bicicleta ciclismo
bird birds birdwatching birding heron ibis eagle hawk hawks warblers vogel vogelbeobachtung oiseau oiseaux pajaro aves
board boat boats sail sailing sailor dinghy yacht segeln segelboot voilier bateau barco vela navegar
book books novel novels reading read buch roman lesen livre livres lecture libro novela leer
ceramic ceramics clay kiln pottery potter glaze bowl bowls cup cups keramik topfern ceramique ceramica barro
chess endgame endgames rook schach echecs ajedrez xadrez scacchi
choir sing singing song songs sung chor singen chorale chanter chanson coro cantar cancion
climb climbing climber crag rock rope ropes belay klettern escalade grimper escalada escalar
code coding program programming programmer software python firmware programmieren programmation codigo programar
coffee espresso roast roasting beans cafe cafes kaffee
cook cooking cooked chef kitchen recipe recipes meal supper dinner kochen kuche rezept cuisine recette cocina cocinar receta
dance dancing dancer salsa tango tanzen tanz danse danser baile bailar
film films cinema movie movies kino filme
fix mend mended mending repair repaired repairing restore reparieren reparatur reparer reparation reparar
game games play playtest spiel spiele jeu jeux juego juegos
garden gardening gardener seed seeds tomato tomatoes plant plants pruning garten gartnern jardin jardinage jardineria
guitar guitarist gitarre guitare guitarra
hike hiking hiker walk walking trail trails path wandern wanderung randonnee senderismo caminar
history historical archive archives archaeology archaeologist geschichte histoire historia
hospital nurse nurses doctor medicine medical physio health krankenhaus medizin medecin medico salud
jazz trumpet clarinet horns
knit knitting sweater mittens wool stricken tricot tricoter tejer
language languages alphabet alphabets translate translation sprache sprachen langue langues idioma idiomas
paint painting painter mural murals muralist malen maler peinture peindre pintura pintar
photo photos photograph photography photographer portrait portraits camera cameras foto fotos fotografie fotografia
poem poems poetry poet verse gedicht gedichte poesie poeme poema poesia
robot robots robotics roboter robotique
run running runner runners marathon jogging laufen laufer courir coureur correr corredor
sky star stars astronomy telescope telescopes saturn sterne astronomie sternwarte etoiles estrellas astronomia
swim swimming swimmer swimmers schwimmen nager natation nadar natacion
tea kettle tee
teach teaching teacher teachers school student students unterrichten lehrer ecole enseignant ensenar maestro
theatre theater stage actor actors drama improvised schauspiel comedie teatro escenario
travel travelling journey trip reisen reise voyage voyager viaje viajar
volunteer volunteering volunteers charity ehrenamt freiwillige benevole voluntario
wood wooden woodworking carpenter cabinet joinery holz tischler schreiner bois menuisier madera carpintero
yoga meditation headstands
"""
_MEANING = {fold(word): line.split()[0] for line in _MEANINGS.strip().splitlines() for word in line.split()}


def vector_of(text: str, dimensions: int = DIMENSIONS) -> list[float]:
    """Return a unit vector that points where the text's words do."""
    vector = [0.0] * dimensions
    for word in re.findall(r"\w+", fold(text)) or [text]:
        for place, amount in _axes(word, dimensions):
            vector[place] += amount
    length = math.sqrt(sum(number * number for number in vector)) or 1.0
    return [number / length for number in vector]


@lru_cache(maxsize=10_000)
def _axes(word: str, dimensions: int) -> list[tuple[int, float]]:
    found = []
    for feature, weight in _features(word):
        digest = hashlib.sha256(feature.encode()).digest()
        for place in range(AXES):
            number = int.from_bytes(digest[3 * place : 3 * place + 3], "big")
            found.append((number // 2 % dimensions, weight if number % 2 else -weight))
    return found


def _features(word: str) -> Iterator[tuple[str, float]]:
    """What there is to a word, and how much it weighs."""
    if word in _FREQUENT:
        yield word, OF_FREQUENT
        return
    yield word, OF_WORD
    framed = f"<{word}>"
    for start in range(len(framed) - 2):
        yield framed[start : start + 3], OF_LETTERS
    if word in _MEANING:
        yield f"={_MEANING[word]}", OF_MEANING
