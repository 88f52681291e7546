"""What the subject's components are made of: typed view-models with words and geometry, drawn by like-named templates.

They know no request and no query; what they are given is already allowed to be seen.
"""
