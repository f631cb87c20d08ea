"""Does with Python's XGBoost what the engine bench asks for: a JSON object a line in, one out. Arrays are files of float32."""
import json
import pathlib
import sys
import time

import numpy
import xgboost


def matrix(path, columns):
    return numpy.fromfile(path, dtype="float32").reshape(-1, columns)


def labels_of(path):
    return numpy.fromfile(path, dtype="float32")


def version():
    return {"xgboost": xgboost.__version__}


def train(rows, columns, labels, parameters, rounds, model=None):
    x, y = matrix(rows, columns), labels_of(labels)
    started = time.perf_counter()
    booster = xgboost.train({**parameters, "verbosity": 0}, xgboost.DMatrix(x, y), rounds)
    seconds = time.perf_counter() - started
    if model:
        booster.save_model(model)
    return {"seconds": seconds}


def train_all(trainings):
    started = time.perf_counter()
    for training in trainings:
        train(**training)
    return {"seconds": time.perf_counter() - started}


def loss(model, rows, columns, labels):
    booster = xgboost.Booster(model_file=model)
    predicted = booster.predict(xgboost.DMatrix(matrix(rows, columns)))
    y = labels_of(labels).astype(int)
    return {"loss": float(-numpy.log(numpy.maximum(predicted[numpy.arange(len(y)), y], 1e-16)).mean())}


def predict(model, rows, columns, out):
    booster = xgboost.Booster(model_file=model)
    booster.predict(xgboost.DMatrix(matrix(rows, columns)), output_margin=True).astype("float32").tofile(out)
    return {}


def load(models):
    started = time.perf_counter()
    for model in models:
        xgboost.Booster(model_file=model)
    return {"seconds": time.perf_counter() - started}


def latency(models, rows, columns, single):
    boosters = [xgboost.Booster({"nthread": 1}, model_file=model) for model in models]
    x = matrix(rows, columns)
    for booster in boosters:
        booster.inplace_predict(x[:1])
    alone = []
    for row in range(single):
        started = time.perf_counter()
        for booster in boosters:
            booster.inplace_predict(x[row : row + 1])
        alone.append(time.perf_counter() - started)
    batches = []
    for _ in range(7):
        started = time.perf_counter()
        for booster in boosters:
            booster.inplace_predict(x)
        batches.append((time.perf_counter() - started) / len(x))
    return {"single_us": min(alone) * 1e6, "batch_us": min(batches) * 1e6}


def datasets(folder):
    from sklearn import datasets as sets

    found = {}
    for name, data in {
        "breast cancer": sets.load_breast_cancer(),
        "wine": sets.load_wine(),
        "digits": sets.load_digits(),
    }.items():
        rows, labels = (str(pathlib.Path(folder, f"{name} {part}.f32")) for part in ("rows", "labels"))
        data.data.astype("float32").tofile(rows)
        data.target.astype("float32").tofile(labels)
        found[name] = {"rows": rows, "labels": labels, "columns": data.data.shape[1], "classes": int(data.target.max()) + 1}
    return found


OPERATIONS = {f.__name__: f for f in (version, train, train_all, loss, predict, load, latency, datasets)}
for line in sys.stdin:
    request = json.loads(line)
    answer = OPERATIONS[request.pop("do")](**request)
    print(json.dumps(answer), flush=True)
