"""The command line, drawn from typer's own objects: every command, argument and option."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import typer.main
from tools.reference.markdown import code, first_sentence, table

from fourfold import cli, errors, settings
from fourfold.casework import roles
from fourfold.cli.needs import NEEDS


def commands(_: str) -> str:
    """Every command with what it takes."""
    return "\n\n".join(_command(name, one) for name, one in every_command())


def every_command() -> Iterator[tuple[str, Any]]:
    """Every command of the command line by its full name; those of a group follow it."""
    yield from _within(typer.main.get_command(cli.app), "")


def faults(_: str) -> str:
    """Every fault with its exit code, kind and when it is met."""
    kinds = [k for _, k in inspect.getmembers(errors, inspect.isclass) if issubclass(k, errors.FourfoldError)]
    rows = [
        (k.exit_code, k.kind, first_sentence(inspect.getdoc(k) or ""), code(f"fourfold.errors.{k.__name__}"))
        for k in sorted(kinds, key=lambda k: k.exit_code)
        if k is not errors.FourfoldError
    ]
    own = (cli.UNEXPECTED, "unexpected", "A fault of Fourfold's own. It is said where in the program, and no more.", "")
    return table(("code", "kind", "when", "in Python"), [(0, "", "The command did what was asked.", ""), *rows, own])


def variables(_: str) -> str:
    """The environment variables that are read."""
    return f"`{settings.HOME_VARIABLE}`: {first_sentence(inspect.getdoc(settings.home_path) or '')}"


def _within(group: Any, before: str) -> Iterator[tuple[str, Any]]:
    for name, one in group.commands.items():
        full = f"{before} {name}".strip()
        if getattr(one, "commands", None):
            yield from _within(one, full)
        elif not one.hidden:
            yield full, one


def _command(name: str, one: Any) -> str:
    arguments = [p for p in one.params if p.param_type_name == "argument"]
    options = [p for p in one.params if p.param_type_name == "option" and not p.hidden]
    usage = " ".join([f"fourfold {name}", *(_shown(p) for p in arguments), *(_usage(p) for p in options if p.required)])
    said = [f"## fourfold {name}", inspect.cleandoc(one.help or ""), f"```text\n{usage} [OPTIONS]\n```"]
    rows = [(_names(p), p.help, _default(p)) for p in (*arguments, *options)]
    said.append(_need(name))
    return "\n\n".join([*said, table(("option", "meaning", "default"), rows)])


def _need(name: str) -> str:
    action, record_class = NEEDS[name]
    held = [roles.TITLES[c.role] for c in roles.table() if (c.action, c.record_class) == (action, record_class)]
    words = f"to {roles.ACTIONS[action]}: {roles.record_classes()[record_class].title.lower()}"
    return f"The work of whoever may, {words} ({', '.join(dict.fromkeys(held))})."


def _shown(argument: Any) -> str:
    shown = (argument.metavar or argument.name).strip("{}").upper()
    shown = f"{shown}..." if argument.nargs == -1 else shown
    return shown if argument.required else f"[{shown}]"


def _usage(option: Any) -> str:
    return option.opts[0] if option.is_flag else f"{option.opts[0]} {option.name.upper()}"


def _names(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return code(_shown(parameter))
    return ", ".join(code(name) for name in (*parameter.opts, *parameter.secondary_opts))


def _default(parameter: Any) -> str:
    if parameter.required:
        return "needed"
    if parameter.default in (None, False, ()) or callable(parameter.default):
        return ""
    return code(parameter.opts[0] if parameter.default is True else parameter.default)


SECTIONS = {"commands": commands, "faults": faults, "variables": variables}
