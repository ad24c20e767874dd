"""The operations that a fence line can enclose: the steps of the value chains (phase 1 report 2002, App. A)."""

VALUE_CHAINS: dict[str, dict[str, str]] = {
    "Drinking water": {
        "water-source-and-intake": "Source protection and intake",
        "water-treatment": "Water treatment",
        "water-solids": "Handling of treatment solids",
        "water-distribution-and-storage": "Distribution and storage",
    },
    "Wastewater": {
        "wastewater-collection-and-pretreatment": "Collection and pretreatment",
        "wastewater-treatment": "Treatment, where solids arise",
        "effluent-discharge": "Polishing and discharge of effluent",
        "solids-handling": "Stabilizing and handling of solids",
        "biosolids-disposition": "Transport and use or disposal of biosolids",
    },
    "Stormwater": {
        "stormwater-collection": "Detention and collection of runoff",
        "stormwater-treatment": "Monitoring and treatment",
        "stormwater-discharge": "Discharge",
    },
}
OPERATIONS: dict[str, str] = {slug: name for chain in VALUE_CHAINS.values() for slug, name in chain.items()}
