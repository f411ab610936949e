"""Area profiles: what is published of the residents of each small area, one a row; for looking at on whom maps fall."""

from __future__ import annotations

from fourfold.records.suppliers.contracts import Contract, Field

SYSTEM = "published statistics"

AREA_PROFILES = Contract(
    name="area_profiles",
    system=SYSTEM,
    title="Profiles of small areas, one a row",
    table="area_profiles",
    key=("lsoa21_code",),
    dated_by="",
    standing="force to supply",
    fields=(
        Field(name="force", kind="text", needed=True,
              rule="The force in whose area it lies: its name, or its identity in our list."),
        Field(name="lsoa21_code", kind="reference", needed=True, rule="The code of the small area (LSOA of 2021)."),
        Field(name="deprivation_decile", kind="score", least=1, most=10,
              rule="Its decile in the Index of Multiple Deprivation: 1 is the most deprived tenth of England.",
              unknown_without="on areas of which deprivation a map's flagged squares fall is not told"),
        Field(name="minority_ethnic_percent", kind="number", least=0, most=100,
              rule="Of its residents, the per cent in ethnic groups other than White, by the census.",
              unknown_without="on areas of which ethnicity a map's flagged squares fall is not told"),
    ),
    notes=(
        "No map is drawn from it. It is looked at only afterwards, beside how well a map told.",
        "Both are open data of England: the Index of Multiple Deprivation (MHCLG) and the census of 2021, TS021 (ONS).",
    ),
)  # fmt: skip

CONTRACTS = (AREA_PROFILES,)
