"""Server for SavedModels with TF Serving's REST and gRPC APIs and micro-batching.

The server loads any SavedModel; it imports no code that trains or exports models. CONTRIBUTING.md
follows one request through the files ("One request, file by file").

Requests
    http_protocol     bytes of a connection -> ASGI request; limit of the request head
    connection_table  number of connections, in all and per address; clients that are too slow
    middleware        token, number of concurrent predictions, security headers
    request_origin    Host, and requests of web pages of other sites
    app               routes and error handlers
    predict_route     POST ...:predict; info_routes: every other JSON path; web_pages: pages
    predict_request   JSON body -> inputs of a signature; json_arrays: JSON values <-> arrays
    json_rows         counts rows while it reads JSON
    memory_budget     bytes of all requests together
    batching          queue of a model version: a lane for short requests, one for long ones
    lane              requests that wait share a call; long ones have turns
    predictions       places, memory, queue and wait of a prediction, over REST and gRPC
    grpc_service      calls over gRPC; grpc_settings: bounds of its connections
    grpc_messages     messages <-> inputs and outputs; grpc_tensors: TensorProto <-> arrays
    request_error     RequestError, the one place that writes error responses

Models
    model_folders     NAME/VERSION folders below the served folder
    model_config      TF Serving's models.config: policies and labels of versions
    served_files      regular files inside the served folder
    model_signatures  signatures, read from saved_model.pb
    loaded_model      a SavedModel in memory; warmup: its first calls
    registry          every model with its versions: load, swap, unload; model_version: their states

Process
    address, process  listening socket; start and stop
    limits, auth      limits of requests; the token
    file_descriptors  number of connections that the process may have
    log_lines         time, level, message; as text or JSON; a bounded number
    prometheus        counters of /metrics; openapi: the page /docs
"""
