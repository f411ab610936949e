"""Square maps made beforehand: the worker draws every week of a question's maps, and a page only reads them.

    HOME/lake/derived/square_maps/<state>/<question>.npz

As with `backtests`, whose question it is: of one state of the records and of the code, and to be thrown away at any time. Kept
are numbers by square and one Finding, or the reason why there are none; no place of one crime.
"""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from io import BytesIO
from typing import Any

import numpy as np

from fourfold.analysis import square_maps
from fourfold.analysis.findings import finding_from_dict
from fourfold.analysis.square_maps import EXPECTING, HOT, SquareMaps
from fourfold.casework import backtests
from fourfold.casework.backtests import Question
from fourfold.errors import FourfoldError, RequestInvalid
from fourfold.records.as_at import Records
from fourfold.records.lake import settled, storage_faults

_ARRAYS = ("x", "y", "came", "low", "high", "why")
_MAPS = (*EXPECTING, HOT)
_FOLDER, _ENDING = "square_maps", ".npz"


def standing(records: Records, asked: Question) -> SquareMaps | FourfoldError | None:
    """What is kept of a question as at exactly these records, or None."""
    try:
        with np.load(backtests.place_of(records, asked, _FOLDER, _ENDING), allow_pickle=False) as held:
            said = json.loads(str(held["said"]))
            if "cause" in said:
                return RequestInvalid(said["cause"], remedy=said["remedy"])
            return SquareMaps(
                made=finding_from_dict(said["made"]), origins=tuple(said["origins"]), horizon=asked.horizon, cell=asked.cell,
                reasons=tuple(said["reasons"]), maps={name: held[f"map {at}"] for at, name in enumerate(_MAPS)},
                **{name: held[name] for name in _ARRAYS},
            )  # fmt: skip
    except (OSError, ValueError, LookupError, TypeError, EOFError, zipfile.BadZipFile):
        return None  # never made, or not readable: made again either way


def made(records: Records, asked: Question) -> SquareMaps | FourfoldError:
    """What is kept of a question, or is made now and kept: seconds, on a large force. Raises StorageFailed."""
    found = standing(records, asked)
    if found is not None:
        return found
    try:
        points, origin = backtests.past_of(records, asked)
        found = square_maps.square_maps(points, origin, asked.horizon, asked.cell)
    except FourfoldError as fault:
        found = fault
    except Exception:
        _keep(records, asked, RequestInvalid(backtests.OWN_FAULT, remedy="Ask another question."))
        raise
    _keep(records, asked, found)
    return found


def _keep(records: Records, asked: Question, found: SquareMaps | FourfoldError) -> None:
    said: dict[str, Any]
    arrays: dict[str, Any] = {}
    if isinstance(found, FourfoldError):
        said = {"cause": found.cause, "remedy": found.remedy}
    else:
        said = {"made": found.made.as_dict(), "origins": found.origins, "reasons": found.reasons}
        arrays = {name: getattr(found, name) for name in _ARRAYS}
        arrays |= {f"map {at}": found.maps[name] for at, name in enumerate(_MAPS)}
    packed = BytesIO()
    np.savez_compressed(packed, said=np.array(json.dumps(said)), **arrays)
    place = backtests.place_of(records, asked, _FOLDER, _ENDING)
    with storage_faults(place):
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        unnamed = place.with_name(place.name + ".unfinished")
        descriptor = os.open(unnamed, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(packed.getvalue())
            file.flush()
            os.fsync(file.fileno())
        unnamed.rename(place)
        settled(place.parent)
    for other in place.parent.parent.iterdir():
        if other != place.parent:
            shutil.rmtree(other, ignore_errors=True)


def is_made(records: Records, asked: Question) -> bool:
    """Whether anything is kept of a question as at exactly these records, without reading it."""
    return backtests.place_of(records, asked, _FOLDER, _ENDING).is_file()
