"""/catalog: what data there is, for the national open-data portal, by DCAT-AP-SE 3.0.1."""
