"""Jordmånen: how well initiatives grow in a part of the organisation, by measures of culture, never of persons."""
