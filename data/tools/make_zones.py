#!/usr/bin/env python3
"""data/zones.yaml: grid zones with annual intensity, and countries as their fallback.

Annual lifecycle, consumption-based means per zone: Electricity Maps by way of co2.js. Direct means where a series may
be shipped: CarbonCast 2020 (production-based). Countries: Ember by way of co2.js (lifecycle, production mix).
"""

import json

import common

# ISO 3166-1: alpha-2 followed by alpha-3.
ISO = """
AEARE AFAFG AGATG ALALB AMARM AOAGO ARARG ATAUT AUAUS AWABW AZAZE BABIH BBBRB BDBGD BEBEL BFBFA BGBGR BHBHR BIBDI
BJBEN BNBRN BOBOL BRBRA BSBHS BTBTN BWBWA BYBLR BZBLZ CACAN CDCOD CFCAF CGCOG CHCHE CICIV CLCHL CMCMR CNCHN COCOL
CRCRI CUCUB CVCPV CYCYP CZCZE DEDEU DJDJI DKDNK DMDMA DODOM DZDZA ECECU EEEST EGEGY ERERI ESESP ETETH FIFIN FJFJI
FKFLK FOFRO FRFRA GAGAB GBGBR GEGEO GFGUF GHGHA GIGIB GLGRL GMGMB GNGIN GPGLP GQGNQ GRGRC GTGTM GUGUM GWGNB GYGUY
HKHKG HNHND HRHRV HTHTI HUHUN IDIDN IEIRL ILISR ININD IQIRQ IRIRN ISISL ITITA JMJAM JOJOR JPJPN KEKEN KGKGZ KHKHM
KMCOM KPPRK KRKOR KWKWT KYCYM KZKAZ LALAO LBLBN LCLCA LKLKA LRLBR LSLSO LTLTU LULUX LVLVA LYLBY MAMAR MDMDA MEMNE
MGMDG MKMKD MLMLI MMMMR MNMNG MOMAC MQMTQ MRMRT MTMLT MUMUS MVMDV MWMWI MXMEX MYMYS MZMOZ NANAM NCNCL NENER NGNGA
NINIC NLNLD NONOR NPNPL NZNZL OMOMN PAPAN PEPER PFPYF PGPNG PHPHL PKPAK PLPOL PMSPM PRPRI PSPSE PTPRT PYPRY QAQAT
REREU ROROU RSSRB RURUS RWRWA SASAU SBSLB SCSYC SDSDN SESWE SGSGP SISVN SKSVK SLSLE SNSEN SOSOM SRSUR SSSSD STSTP
SVSLV SYSYR SZSWZ TDTCD TGTGO THTHA TJTJK TLTLS TMTKM TNTUN TOTON TRTUR TTTTO TWTWN TZTZA UAUKR UGUGA USUSA UYURY
UZUZB VCVCT VEVEN VIVIR VNVNM VUVUT WSWSM XKXKX YEYEM ZAZAF ZMZMB ZWZWE
""".split()

# CarbonCast's balancing areas under their Electricity Maps names. SE is left out: its direct series is above its
# lifecycle series, so it is wrong.
CARBONCAST = {
    "DE": "DE", "ES": "ES", "NL": "NL", "PL": "PL", "CISO": "US-CAL-CISO", "ERCO": "US-TEX-ERCO",
    "PJM": "US-MIDA-PJM", "ISNE": "US-NE-ISNE", "NYISO": "US-NY-NYIS",
}  # fmt: skip


def main():
    iso3 = {x[:2]: x[2:] for x in ISO}
    ember = json.loads(common.raw("grid/annual/ember_average_intensities_co2js.json").read_text())

    countries = []
    for two, three in sorted(iso3.items()):
        e = ember.get(three)
        if e and e["emissions_intensity_gco2_per_kwh"] > 0:
            countries.append({
                "id": two, "name": e["country_or_region"], "g_per_kwh": e["emissions_intensity_gco2_per_kwh"],
                "year": e["year"], "source": "ember",
            })  # fmt: skip
    name = {c["id"]: c["name"] for c in countries}

    sums = {}
    for row in common.rows("grid/hourly/carboncast_2020_direct.csv"):
        for column, zone in CARBONCAST.items():
            total, n = sums.get(zone, (0.0, 0))
            sums[zone] = (total + float(row[column]), n + 1)

    annual = {}
    for row in common.rows("grid/annual/emaps_zone_annual_2021_2025.csv"):
        value = float(row["ci_lifecycle_gco2e_kwh"] or 0)
        if value > 0:  # a zero is a hole in the source, never a clean grid
            annual.setdefault(row["zone"], {})[int(row["year"])] = value
    zones = []
    for zone, years in sorted(annual.items()):
        two, _, rest = zone.partition("-")
        country = name.get(two, two)
        direct = {2020: round(sums[zone][0] / sums[zone][1], 1)} if zone in sums else None
        zones.append({
            "id": zone, "name": f"{country} ({rest})" if rest else country,
            "country": two if two in name else None, "lifecycle": dict(sorted(years.items())), "source": "emaps-annual",
            "direct": direct, "direct_source": "carboncast" if direct else None,
        })  # fmt: skip
    common.write(
        "zones.yaml",
        "Written by data/tools/make_zones.py; do not edit. Grams CO2e per kWh.\n"
        "zones: annual means; lifecycle is consumption-based and is the headline method (docs/accounting.md §3);\n"
        "direct (stack emissions only) is shown beside it and never fills a gap.\n"
        "countries: the fallback where a zone is unknown.",
        {"countries": countries, "zones": zones},
    )


if __name__ == "__main__":
    main()
