"""The one error that people see."""


class FleetError(Exception):
    """Something expected went wrong: says what happened and, in `hint`, what to do."""

    def __init__(self, message, hint=""):
        super().__init__(message)
        self.hint = hint

    def __str__(self):
        message = super().__str__()
        return f"{message}\n  {self.hint}" if self.hint else message
