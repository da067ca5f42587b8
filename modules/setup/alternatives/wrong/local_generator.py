# misconception: assigning to _generator inside the function changes the module's _generator
# symptom: draws that alternate between the returned source and generator()
# effect: the returned source repeats, but generator() stays the unseeded old one: later modules differ from run to run
# in: right/compact.py


def seed_everything(seed: int) -> np.random.Generator:
    if not 0 <= seed < 2**32:
        raise ValueError(f"seed must be in [0, 2**32), got {seed}")
    random.seed(seed)
    np.random.seed(seed)
    _generator = np.random.default_rng(seed)
    return _generator
