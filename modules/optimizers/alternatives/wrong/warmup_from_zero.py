# misconception: a warm-up begins at 0: base_lr times epoch over warmup
# symptom: warmup=2


def cosine_lr(base_lr: float, epoch: int, T_max: int, eta_min: float = 0.0, warmup: int = 0) -> float:
    if epoch < warmup:
        return base_lr * epoch / warmup
    done = (epoch - warmup) / (T_max - warmup)
    return eta_min + (base_lr - eta_min) * (1 + math.cos(math.pi * done)) / 2
