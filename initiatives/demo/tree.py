"""The units of Åsmåla: department, division, unit. The word before the bar is the field of work its ideas come from."""

TREE: dict[str, dict[str, tuple[str, ...]]] = {
    "Samhällsbyggnadsförvaltningen": {
        "Bygg och miljö": ("bygg|Bygglovsenheten", "bygg|Lantmäterienheten", "bygg|Miljö och hälsa"),
        "Teknik": ("gata|Gata och park", "gata|Vatten och avlopp", "gata|Avfall och återvinning"),
    },
    "Barn- och utbildningsförvaltningen": {
        "Förskola": (
            "förskola|Förskolan Skogsgläntan",
            "förskola|Förskolan Fyren",
            "förskola|Förskolan Lingonbacken",
            "förskola|Förskolan Vitsippan",
        ),
        "Grundskola": (
            "skola|Åsmålaskolan",
            "skola|Sjöviksskolan",
            "skola|Kvarnbyskolan",
            "skola|Elevhälsan",
        ),
        "Gymnasium och vuxna": ("skola|Åsgymnasiet", "skola|Vuxenutbildningen"),
    },
    "Vård- och omsorgsförvaltningen": {
        "Hemtjänst": ("omsorg|Hemtjänst norr", "omsorg|Hemtjänst söder", "omsorg|Hemtjänst centrum"),
        "Särskilt boende": ("omsorg|Solgården", "omsorg|Björkbacken", "omsorg|Strandhemmet"),
        "Hälsa": ("omsorg|Kommunsköterskorna", "omsorg|Rehabiliteringen", "omsorg|Bistånd och avgifter"),
        "Funktionsstöd": ("omsorg|Daglig verksamhet", "omsorg|Gruppbostäderna"),
    },
    "Socialförvaltningen": {
        "Barn och familj": ("social|Mottagningen", "social|Familjestödet"),
        "Vuxna": ("social|Ekonomiskt bistånd", "social|Stöd till arbete"),
    },
    "Kultur- och fritidsförvaltningen": {
        "Kultur": ("kultur|Biblioteken", "kultur|Kulturskolan"),
        "Fritid": ("kultur|Simhallen", "kultur|Idrott och anläggning", "kultur|Ungdomens hus"),
    },
    "Serviceförvaltningen": {
        "Måltid och lokal": ("service|Måltidsservice", "service|Lokalvård", "service|Fastighetsdrift"),
        "Stöd": ("stöd|It-stöd", "stöd|Löner och personal", "stöd|Inköp", "stöd|Kontaktcenter"),
    },
    "Kommunledningsförvaltningen": {
        "Stab": ("stöd|Ekonomi", "stöd|Kommunikation", "stöd|Näringsliv"),
        "Trygghet": ("räddning|Räddningstjänsten", "räddning|Säkerhet och beredskap"),
    },
}
