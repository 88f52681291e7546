"""What people write, as Django forms: shapes and words. What is demanded is for the gates to say."""
