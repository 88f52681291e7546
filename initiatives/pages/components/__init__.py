"""What the subject's components are made of: typed view-models with words and geometry, drawn by templates of the same name.

They know no request and no query; what they are given is already allowed to be seen.
"""
