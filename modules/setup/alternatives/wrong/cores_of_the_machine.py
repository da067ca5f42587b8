# misconception: a process may use all the cores that the machine has
# symptom: environment()["cores"] on a machine made up for this check
# effect: in a container or a batch queue "cores" is too large, as os.cpu_count knows nothing of what is allowed
# in: right/compact.py


def environment() -> dict[str, str | int]:
    return dict(
        python=platform.python_version(),
        numpy=np.__version__,
        system=platform.system(),
        machine=platform.machine(),
        cores=os.cpu_count() or 1,
        memory_bytes=total_memory(),
    )
