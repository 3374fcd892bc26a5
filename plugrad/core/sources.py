"""What a rule's name stands for, as a number: one input, one output, what is no array, or anything else."""

from typing import Final

INPUT: Final = 0
OUTPUT: Final = 1
PLAIN: Final = 2
GENERAL: Final = 3
