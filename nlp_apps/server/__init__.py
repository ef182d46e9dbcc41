"""The server: SavedModels over TF Serving's REST, in batches of what waits.

A SavedModel stands alone, so nothing here needs the code that made it.

    catalogue.py   which NAME/VERSION folders there are
    signatures.py  what a SavedModel says of itself
    servable.py    one loaded version; warmup.py: its first calls
    models.py      every model and its versions: loaded, swapped, let go
    batching.py    the queue in front of a version
    tensors.py     a request as arrays, value by value in values.py; answers.py: arrays as JSON
    predictions.py the path that asks models; rest.py: all others; reference.py: a page about them
    device_page.py the page that runs .tflite files in the browser, and these files
    gate.py        what stands before every path
    address.py     where it listens; process.py: how it runs and stops; heads.py: how long the head
                   of a request may be, that it offers no other protocol, and the last one in a stop
    load.py        requests in masses, for measuring any server
"""
