"""What can be done to an initiative. The only writers of its state; each checks role, gate and what the person saw."""
