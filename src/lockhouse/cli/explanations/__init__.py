"""What every code means, why it matters and how it is mended, for ``check --explain`` and the reference."""

from lockhouse.cli.explanations.all_codes import all_explanations, explanation_of
from lockhouse.cli.explanations.model import Explanation

__all__ = ["Explanation", "all_explanations", "explanation_of"]
