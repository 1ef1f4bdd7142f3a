"""A person at a terminal, played from a script."""


class ScriptedPerson:
    """Answers questions in order and remembers what was said. Raises when asked too much."""

    def __init__(self, *answers: str, is_there: bool = True) -> None:
        self.answers = list(answers)
        self.is_there = is_there
        self.shown: list[str] = []
        self.asked: list[str] = []

    @property
    def screen(self) -> str:
        """All that was shown."""
        return "\n".join(self.shown)

    def say(self, *lines: str) -> None:
        self.shown += lines

    def ask(self, question: str) -> str:
        self.asked.append(question)
        if not self.answers:
            raise AssertionError(f"nobody expected to be asked {question!r}")
        return self.answers.pop(0)

    ask_secret = ask

    def succeed(self, sentence: str) -> None:
        self.shown.append(f"ok: {sentence}")

    def fail(self, sentence: str, advice=()) -> None:
        self.shown += [f"error: {sentence}", *advice]

    def warn(self, sentence: str) -> None:
        self.shown.append(f"warning: {sentence}")
