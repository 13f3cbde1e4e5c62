#!/usr/bin/env python3
"""data/profiles.yaml: the shape of a typical day, from hourly series that may be shipped.

factor[season][hour, UTC] = mean of the series in that season and hour / mean of that season: the shape of a day, and
nothing else. The level of a season is left out on purpose: that of 2020 made FR worse than a flat year in 2022.
sigma_ln: spread of ln(hour / (annual x factor)) in the series itself, joined with the spread of ln(annual_y /
annual_y-1) of the zone, but at least the general value: one year of a production-based series proves no better.
`--check` compares with series of other years, which must not be shipped.
"""

import datetime
import math
import sys

import common

SEASONS = ["winter", "spring", "summer", "autumn"]  # of the north: Dec-Feb, Mar-May, Jun-Aug, Sep-Nov

GENERAL = (0.35, 0.45)  # docs/accounting.md §3: typical-day profile, zone annual

# id, file, column, source, zones it speaks for (its own first; then parts of the same country or market)
PROFILES = [
    ("FR", "entsoe_lwa_2020_lifecycle.csv", "FR", "entsoe-lwa", ["FR"]),
    ("DE", "entsoe_lwa_2020_lifecycle.csv", "DE", "entsoe-lwa", ["DE", "LU"]),
    ("GB", "entsoe_lwa_2020_lifecycle.csv", "GB", "entsoe-lwa", ["GB"]),
    ("ES", "carboncast_2020_lifecycle.csv", "ES", "carboncast", ["ES", "PT"]),
    ("NL", "carboncast_2020_lifecycle.csv", "NL", "carboncast", ["NL"]),
    ("PL", "carboncast_2020_lifecycle.csv", "PL", "carboncast", ["PL"]),
    ("SE", "carboncast_2020_lifecycle.csv", "SE", "carboncast", ["SE", "SE-SE1", "SE-SE2", "SE-SE3", "SE-SE4"]),
    ("US-CAL-CISO", "carboncast_2020_lifecycle.csv", "CISO", "carboncast", ["US-CAL-CISO"]),
    ("US-TEX-ERCO", "carboncast_2020_lifecycle.csv", "ERCO", "carboncast", ["US-TEX-ERCO"]),
    ("US-MIDA-PJM", "carboncast_2020_lifecycle.csv", "PJM", "carboncast", ["US-MIDA-PJM"]),
    ("US-NE-ISNE", "carboncast_2020_lifecycle.csv", "ISNE", "carboncast", ["US-NE-ISNE"]),
    ("US-NY-NYIS", "carboncast_2020_lifecycle.csv", "NYISO", "carboncast", ["US-NY-NYIS"]),
]


def season_and_hour(ts):
    t = datetime.datetime.fromisoformat(ts.replace("Z", "+00:00"))
    return t.month % 12 // 3, t.hour


def series(path, column):
    return [(*season_and_hour(r["ts_utc"]), float(r[column])) for r in common.rows(path) if float(r[column] or 0) > 0]


def spread(logs):
    return math.sqrt(sum(x * x for x in logs) / len(logs))


def shape(points):
    mean = sum(v for *_, v in points) / len(points)
    cells = {}
    for s, h, v in points:
        total, n = cells.get((s, h), (0.0, 0))
        cells[(s, h)] = (total + v, n + 1)
    means = [[cells[(s, h)][0] / cells[(s, h)][1] for h in range(24)] for s in range(4)]
    return mean, [[m / (sum(day) / 24) for m in day] for day in means]


def main():
    annual = {}
    for r in common.rows("grid/annual/emaps_zone_annual_2021_2025.csv"):
        annual.setdefault(r["zone"], []).append(float(r["ci_lifecycle_gco2e_kwh"]))

    out = []
    for id_, path, column, source, zones in PROFILES:
        points = series(f"grid/hourly/{path}", column)
        mean, factors = shape(points)
        years = annual[id_]
        drift = spread([math.log(b / a) for a, b in zip(years, years[1:])])
        within = spread([math.log(v / (mean * factors[s][h])) for s, h, v in points])
        flat = spread([math.log(v / mean) for *_, v in points])
        entry = {"id": id_, "zones": zones}
        for s, name in enumerate(SEASONS):
            entry[name] = [round(f, 3) for f in factors[s]]
        entry["sigma_ln"] = round(max(GENERAL[0], math.hypot(within, drift)), 3)
        entry["sigma_ln_annual"] = round(max(GENERAL[1], math.hypot(flat, drift)), 3)
        entry["year"], entry["source"] = 2020, source
        out.append(entry)
        if "--check" in sys.argv:
            check(id_, factors)
    if "--check" not in sys.argv:
        common.write(
            "profiles.yaml",
            "Written by data/tools/derive_profiles.py; do not edit.\n"
            "Intensity of an hour = annual mean of the zone x factor; 24 factors per season, from 00 to 23 h UTC;\n"
            "winter = December to February, and so on. The mean of a season is 1. sigma_ln: docs/accounting.md §3.",
            {"profiles": out},
        )


def check(zone, factors):
    for year in (2022, 2023):
        path = f"grid/hourly/emaps_{year}_lifecycle.csv"
        if zone not in common.rows(path)[0]:
            continue
        points = series(path, zone)
        mean = sum(v for *_, v in points) / len(points)
        with_shape = spread([math.log(v / (mean * factors[s][h])) for s, h, v in points])
        print(f"  {zone} {year}: sigma ln with profile {with_shape:.3f}, flat {spread([math.log(v / mean) for *_, v in points]):.3f}")


if __name__ == "__main__":
    main()
