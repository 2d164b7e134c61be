# SPDX-License-Identifier: BSD-2-Clause
"""The command line. Options are exact words, `--name value` or `--name=value`."""

from report import usage


class Options:
    """The options of one command: attribute per option, `words`, and `extra`,
    what followed `--`."""

    def __init__(self, flags, values, lists):
        for name in flags:
            setattr(self, _attribute(name), False)
        for name in values:
            setattr(self, _attribute(name), None)
        for name in lists:
            setattr(self, _attribute(name), [])
        self.words = []
        self.extra = []


def _attribute(name):
    return name.removeprefix("--").replace("-", "_")


def parse(argv, flags=(), values=(), lists=(), words=(0, 0), extra=False):
    """Parse ARGV: FLAGS stand alone, VALUES take one value, LISTS may repeat,
    and between words[0] and words[1] plain words are allowed."""
    options = Options(flags, values, lists)
    rest = list(argv)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if word == "--" and extra:
            options.extra = rest
            break
        if word in flags:
            setattr(options, _attribute(word), True)
        elif name in values or name in lists:
            if not equals:
                if not rest:
                    raise usage(f"{name} needs a value")
                value = rest.pop(0)
            if name in lists:
                getattr(options, _attribute(name)).append(value)
            elif getattr(options, _attribute(name)) is not None:
                raise usage(f"{name} is given twice")
            else:
                setattr(options, _attribute(name), value)
        elif word.startswith("-") and word != "-":
            raise usage(f"unknown option {word}")
        else:
            options.words.append(word)
    if not words[0] <= len(options.words) <= words[1]:
        raise usage("wrong number of arguments: " + (" ".join(options.words) or "none given"))
    return options


def number(name, text, low, high):
    """TEXT as a whole number between LOW and HIGH."""
    try:
        value = int(text, 10)
    except ValueError:
        raise usage(f"{name} needs a whole number, not {text!r}") from None
    if not low <= value <= high:
        raise usage(f"{name} must be {low} to {high}, not {value}")
    return value
