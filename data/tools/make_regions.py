#!/usr/bin/env python3
"""data/regions.yaml: cloud regions -> grid zone, country, PUE; and the PUE of providers.

AWS, GCP and Azure: Green Software Foundation's cloud region metadata (newest year that has the region). Regions that
it lacks, and European hosts: the providers' public lists, placed in grid zones by hand below. Sites of the instance price
table come from that table.
"""

import common

PROVIDERS = {"Amazon Web Services": "aws", "Google Cloud": "gcp", "Microsoft Azure": "azure"}

# provider, region, zone, place
SITES = """
ovh gra FR Gravelines|ovh rbx FR Roubaix|ovh sbg FR Strasbourg|ovh par FR Paris|ovh lim DE Limburg
ovh fra DE Frankfurt|ovh waw PL Warsaw|ovh eri GB Erith|ovh lon GB London|ovh mil IT-NO Milan
ovh bhs CA-QC Beauharnois|ovh tor CA-ON Cambridge (Ontario)|ovh vin US-MIDA-PJM Vint Hill|ovh hil US-NW-PGE Hillsboro
ovh sgp SG Singapore|ovh syd AU-NSW Sydney
scaleway fr-par FR Paris|scaleway nl-ams NL Amsterdam|scaleway pl-waw PL Warsaw|scaleway it-mil IT-NO Milan
hetzner fsn1 DE Falkenstein|hetzner nbg1 DE Nuremberg|hetzner hel1 FI Helsinki|hetzner ash US-MIDA-PJM Ashburn
hetzner hil US-NW-PGE Hillsboro|hetzner sin SG Singapore
azure francecentral FR Paris|azure germanywestcentral DE Frankfurt|azure uksouth GB London|azure ukwest GB Cardiff
azure switzerlandnorth CH Zurich|azure norwayeast NO-NO1 Oslo|azure canadacentral CA-ON Toronto
azure canadaeast CA-QC Quebec City|azure japaneast JP-TK Tokyo|azure japanwest JP-KN Osaka|azure koreacentral KR Seoul
azure eastasia HK Hong Kong|azure uaenorth AE Dubai|azure qatarcentral QA Doha|azure israelcentral IL Israel
azure southafricanorth ZA Johannesburg|azure centralindia IN-WE Pune|azure southindia IN-SO Chennai
azure westus2 US-NW-BPAT Quincy
azure westindia IN-WE Mumbai|azure jioindiawest IN-WE Jamnagar|azure jioindiacentral IN-WE Nagpur
azure koreasouth KR Busan|azure francesouth FR Marseille|azure germanynorth DE Berlin|azure norwaywest NO-NO2 Stavanger
azure switzerlandwest CH Geneva|azure southafricawest ZA Cape Town|azure uaecentral AE Abu Dhabi
azure brazilsoutheast BR-CS Rio de Janeiro|azure australiacentral AU-NSW Canberra|azure australiacentral2 AU-NSW Canberra
azure indonesiacentral ID Jakarta|azure chinanorth CN Beijing|azure chinanorth2 CN Beijing|azure chinanorth3 CN Hebei
azure chinaeast CN Shanghai|azure chinaeast2 CN Shanghai
aws ap-southeast-5 MY-WM Kuala Lumpur|aws ap-southeast-6 NZ Auckland|aws ap-southeast-7 TH Bangkok
aws ap-east-2 TW Taipei|aws mx-central-1 MX Queretaro|gcp asia-southeast3 TH Bangkok
ovh ynm IN-WE Mumbai|ovh dub IE Dublin
"""

# Regions that the metadata carry without a zone, placed by their city.
MISSING_ZONE = {
    "aws-ca-west-1": "CA-AB", "aws-cn-north-1": "CN", "aws-cn-northwest-1": "CN", "gcp-europe-north2": "SE-SE3",
    "gcp-europe-west10": "DE", "gcp-northamerica-south1": "MX", "gcp-us-east2": "US-CAR-SC",
    "azure-westcentralus": "US-NW-PACE", "azure-westus3": "US-SW-SRP",
}  # fmt: skip

# Regions that the metadata put into another zone than the one in which their city lies: zone, and place where it is
# wrong as well.
CORRECTED = {
    "azure-northeurope": ("IE", "Ireland (Dublin)"),  # the metadata say Finland
    "azure-westus": ("US-CAL-CISO", "California: West US"),  # they say Washington
    "azure-northcentralus": ("US-MIDA-PJM", None),  # Chicago is in PJM
    "gcp-me-central1": ("QA", None),  # Doha; they say the Emirates
    "azure-swedencentral": ("SE-SE3", None), "aws-eu-north-1": ("SE-SE3", None),  # the bidding zone of Stockholm
}  # fmt: skip

PUE_NAMES = {"ovhcloud": "ovh"}


def slug(text):
    return "-".join("".join(c if c.isalnum() else " " for c in text.lower()).split())


def main():
    zones = {r["zone"] for r in common.rows("grid/annual/emaps_zone_annual_2021_2025.csv")}

    pue, fleet = [], {}
    for row in common.rows("energy/pue.csv"):
        if "verify)" in row["source"] and "recalled" in row["source"]:
            continue  # not traceable to a document
        scope = row["scope"].split(" ")[0]
        entry = {
            "provider": PUE_NAMES.get(row["provider"], row["provider"]), "scope": row["scope"],
            "region": row["region_or_zone"] or None, "pue": float(row["pue"]), "year": int(row["year"]),
            "from": row["source"], "source": "pue-table",
        }  # fmt: skip
        pue.append(entry)
        best = fleet.get(entry["provider"])
        if scope == "fleet" and (best is None or best["year"] < entry["year"]):
            fleet[entry["provider"]] = entry
    by_region = {}
    for e in pue:
        if e["region"]:
            key = f"{e['provider']}-{e['region']}"
            if key not in by_region or by_region[key]["year"] < e["year"]:
                by_region[key] = e

    regions = {}

    def add(id_, provider, region, name, zone, source, own_pue=None, year=None):
        if zone not in zones:
            print(f"  {id_}: zone {zone!r} has no annual value; left out")
            return
        known = by_region.get(id_) or fleet.get(provider)
        value = own_pue or (known["pue"] if known else None)
        regions[id_] = {
            "id": id_, "provider": provider, "region": region, "name": name, "zone": zone, "country": zone[:2],
            "pue": value, "pue_year": year if own_pue else (known["year"] if known else None),
            "pue_source": (source if own_pue else "pue-table") if value else None, "source": source,
        }  # fmt: skip

    newest, newest_pue = {}, {}
    for row in common.rows("grid/region-maps/gsf_cloud_region_metadata.csv"):
        key = f"{PROVIDERS[row['cloud-provider']]}-{row['cloud-region']}"
        year = int(row["year"])
        if key not in newest or year > newest[key][0]:
            newest[key] = (year, row)
        if row["power-usage-effectiveness"] and (key not in newest_pue or year > newest_pue[key][0]):
            newest_pue[key] = (year, float(row["power-usage-effectiveness"]))
    for key, (_, row) in sorted(newest.items()):
        year, value = newest_pue.get(key, (None, None))
        if value is not None and not 1.0 <= value <= 3.0:
            value = None
        zone, place = CORRECTED.get(key, (row["em-zone-id"] or MISSING_ZONE.get(key, ""), None))
        add(key, PROVIDERS[row["cloud-provider"]], row["cloud-region"], place or row["location"], zone, "gsf-regions", value, year)

    for site in SITES.replace("\n", "|").split("|"):
        if site.strip():
            provider, region, zone, place = site.split(" ", 3)
            add(f"{provider}-{region}", provider, region, place, zone, "provider-sites")

    for row in common.rows("prices/gpu_instance_prices.csv"):
        id_ = instance_region(row)
        if id_ not in regions:
            add(id_, row["provider"], row["region"], row["region"], row["em_zone"], "skypilot-catalog")

    common.write(
        "regions.yaml",
        "Written by data/tools/make_regions.py; do not edit.\n"
        "A region without a PUE: nobody published one; the caller takes provider `world` of pue (docs/accounting.md §5: sigma 0.20).",
        {"regions": [regions[k] for k in sorted(regions)], "pue": pue},
    )


def instance_region(row):
    """The region id of a row of the instance price table (shared with make_prices.py)."""
    place = row["region"]
    if row["provider"] == "vast":  # "Germany, DE, EU": a market of private hosts, known by country only
        place = row["country"]
    return f"{row['provider']}-{slug(place)}"


if __name__ == "__main__":
    main()
