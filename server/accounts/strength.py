"""Whether a new password is hard enough to guess, and if not, why. Called by chat-admin, and by
`changing` for what people choose themselves.

zxcvbn estimates how many guesses a password takes; 16 characters or more pass without asking it (it
refuses more than 72, and takes 40 ms for them). It is imported here at first use: it takes 100 ms.
"""

import unicodedata
from collections.abc import Sequence
from gettext import gettext as _
from typing import Final

LONG_CHARS: Final = 16
"""From here on length alone is enough: four words, or any sentence."""

SCORE_MIN: Final = 3
"""zxcvbn's "safely unguessable": more than 10**8 guesses, with bcrypt years for one account."""

# Its dictionaries are English; these are what people in Brazil and Portugal choose most.
_GUESSED_FIRST_TEXT: Final = """
chat tlschat irc lobby servidor server senha senhas palavra acesso mudar trocar teste bemvindo
brasil portugal lisboa brasilia rio saopaulo bahia minas parana palmeiras corinthians flamengo
santos gremio vasco cruzeiro botafogo fluminense internacional atletico benfica porto sporting
amor amores paixao saudade familia deus jesus cristo maria jose joao ana pedro paulo lucas gabriel
princesa gatinha cachorro futebol bola novela carnaval feliz felicidade obrigado segredo estrela
janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro
domingo segunda terca quarta quinta sexta sabado natal escola trabalho computador internet
"""
_GUESSED_FIRST: Final = _GUESSED_FIRST_TEXT.split()


def find_weakness(password: str, own_words: Sequence[str]) -> str:
    """Why `password` is too easy to guess and what would help; "" for one that is not.

    `own_words` are what a guesser knows: the account's name, the server's.
    """
    composed = unicodedata.normalize("NFC", password)
    if len(composed) >= LONG_CHARS:
        return ""
    # It has no types; the stubs would be one more package, for one call.
    from zxcvbn import zxcvbn  # type: ignore[import-untyped]

    result = zxcvbn(composed, user_inputs=[*own_words, *_GUESSED_FIRST])
    if result["score"] >= SCORE_MIN:
        return ""
    feedback = result["feedback"]
    reason = feedback["warning"]  # in the language of our catalogue: it uses gettext as we do
    if not reason and any(
        match.get("dictionary_name") == "user_inputs" for match in result["sequence"]
    ):
        reason = _("It has a name or a word in it that is tried first.")
    return " ".join([reason or _("It is easy to guess."), *feedback["suggestions"]])
