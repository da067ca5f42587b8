"""Our code inside the jail, beside the student's. It holds no answers; nothing it says is believed."""
