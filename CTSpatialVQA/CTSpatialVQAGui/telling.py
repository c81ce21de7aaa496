"""What becomes of an error that a press of a button brings? It is told in the window."""

import functools

from CTSpatialVQALib.errors import BadInput, WorkFailed


def telling(slot):
    """Decorate a method of something with `messages`: what the product says no to is shown there.

    Any other exception goes on to Slicer's error log: it would be a fault of the module. PythonQt hands a
    function of any number of arguments all that the signal has, so what the slot does not take is left out.
    """
    takes = slot.__code__.co_argcount - 1

    @functools.wraps(slot)
    def told(self, *given):
        try:
            return slot(self, *given[:takes])
        except (BadInput, WorkFailed) as error:
            self.messages.problem(str(error))
            return None

    del told.__wrapped__  # its signature is its own
    return told
