"""Hold our code inside the jail, beside the student's. It holds no answers, and the trusted side does not trust its messages."""
