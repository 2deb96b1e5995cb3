"""Why a language model was not asked, or did not answer."""

from entrepot.kit.errors import RefusedError, UnavailableError
from entrepot.kit.text import N_


class AiNotSetUpError(RefusedError):
    """Nobody named a model: the default."""

    code = "pricewatch.ai_not_set_up"
    title = N_("No language model is set up")
    message = N_(
        "No language model is set up. Whoever runs this hub can name one with ENTREPOT_AI_URL and ENTREPOT_AI_MODEL."
    )


class AiFailedError(UnavailableError):
    """The model's server did not answer as such servers do."""

    code = "pricewatch.ai_failed"
    title = N_("The language model did not answer")
    message = N_("The language model did not answer: {reason}. Try again later.")
