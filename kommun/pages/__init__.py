"""Pages of the organisation: sign-in, settings and what the law asks every site to have."""
