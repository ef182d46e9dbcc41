"""Operations of a SavedModel that reach outside the model, found before it is loaded.

A SavedModel is a program: TensorFlow runs its graph, and a graph can read and write every file of
the user, run code and open connections, at the load already. An operation is refused if its name is
in `FORBIDDEN`, or if it has effects that are not in `HARMLESS_EFFECTS`: variables, tables, random
numbers, control flow. Operations of TensorFlow that did not exist when this was written are refused
by that, too.

Every SavedModel has operations that write and read its own checkpoint, for TF Serving. They are
refused only where a signature or another function of the model can reach them.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from nlp_apps.errors import WorkError
from nlp_apps.io.bounded_files import read_bytes

_GRAPH = "saved_model.pb"

MAX_GRAPH_BYTES = 1 << 31
"""Size of `saved_model.pb`, at most: protocol buffers have no larger messages."""

CHECKPOINT = re.compile(r"(?:Save|Restore)(?:V2|Slices?)?|MergeV2Checkpoints|DTensorRestoreV2")
"""Operations that write and read checkpoints."""

FORBIDDEN = (
    (
        re.compile(
            r"ReadFile|WriteFile|MatchingFiles|\w*Dataset\w*|\w*Iterator\w*|\w*Reader\w*|LMDB\w*"
            r"|ImmutableConst|GenerateVocabRemapping|LoadAndRemapMatrix|DecodeProto\w*|EncodeProto"
            r"|FixedUnigramCandidateSampler|RecordInput|Skipgram|DumpTensor"
            r"|\w*Summary\w*|ImportEvent|Debug\w*|\w*Checkpoints?|DistributedSave|FileSystem\w*"
            r"|CalibrationStatisticsSaver"
        ),
        "can read or write files",
    ),
    (re.compile(r"\w*TableFromTextFile\w*"), "reads a vocabulary from a file"),
    (
        re.compile(r"\w*PyFunc\w*|\w*TRT\w*|Xla(?:CustomCall|CallModule|HostCompute|Launch)\w*"),
        "can run code outside the graph",
    ),
    (
        re.compile(r"Rpc\w*|_?(?:Host)?(?:Send|Recv)|RemoteCall|Collective\w*|\w*TPU\w*|Worker\w*"),
        "can open connections",
    ),
)
"""Names of operations, and the reason to refuse them."""

HARMLESS_EFFECTS = re.compile(
    r"\w*Variable\w*|VarHandleOp|VarIsInitializedOp|Assign\w*|CountUpTo|DisableCopyOnRead"
    r"|Resource(?:Gather|Scatter|Apply|Sparse|Strided|CountUpTo|Accumulator)\w*"
    r"|TensorArray\w*|TensorList\w*|Stack\w*|Empty|Mutex\w*|ConsumeMutexLock|DestroyResourceOp"
    r"|(?:Anonymous)?(?:Mutable)?(?:Dense)?HashTable(?:OfTensors)?(?:V2)?|LookupTable\w*"
    r"|InitializeTable(?:V2)?|Random\w*|Stateful\w*|(?:Parameterized)?TruncatedNormal|Multinomial"
    r"|Rng\w*|NonDeterministicInts|\w*SeedGenerator|If|While|Case|PartitionedCall|Assert"
    r"|CheckNumerics(?:V2)?|Print|PrintV2|Timestamp|CudnnRNN\w*|DeviceIndex|GuaranteeConst"
    r"|DeepCopy|SampleDistortedBoundingBox(?:V2)?|BatchFunction|Batch|Unbatch\w*"
    r"|(?:All|Uniform|LogUniform|LearnedUnigram|ThreadUnsafeUnigram)CandidateSampler"
)
"""Operations whose effects stay in the model or on standard error."""


def require_harmless(folder: Path) -> None:
    """Checks the graph of a SavedModel before it is loaded.

    Args:
        folder: the folder of a version.

    Raises:
        WorkError: the graph has an operation that reaches outside the model, or the file is not a
            SavedModel. The message has no path.
        OSError: the file cannot be read.
    """
    from google.protobuf import message
    from tensorflow.core.protobuf import saved_model_pb2
    from tensorflow.python.framework import op_def_registry

    def has_effects(name: str) -> bool:
        definition = op_def_registry.get(name)
        return definition is not None and bool(definition.is_stateful)

    model = saved_model_pb2.SavedModel()
    try:
        model.ParseFromString(read_bytes(folder / _GRAPH, MAX_GRAPH_BYTES))
    except message.DecodeError:
        raise WorkError(f"{_GRAPH} is not a SavedModel.") from None
    for name, reason in refused_operations(model, has_effects):
        raise WorkError(
            f"{_GRAPH} has the operation {name[:80]}, which {reason}. A SavedModel is a program: "
            "if you trust its author, load it with --trust."
        )


def refused_operations(model: Any, has_effects: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
    """Yields name and reason of every operation that is refused.

    Args:
        model: the protocol buffer `SavedModel`.
        has_effects: returns whether TensorFlow counts an operation as stateful.
    """
    for graph in model.meta_graphs:
        library = {
            one.signature.name: list(one.node_def) for one in graph.graph_def.library.function
        }
        for nodes in (graph.graph_def.node, *library.values()):
            for node in nodes:
                if reason := _reason(node, has_effects):
                    yield node.op, reason
        for node in _reached(graph, library):
            if CHECKPOINT.fullmatch(node.op):
                yield node.op, "can read or write files"


def _reason(node: Any, has_effects: Callable[[str], bool]) -> str:
    """Returns why an operation is refused everywhere; "" if it is not."""
    if CHECKPOINT.fullmatch(node.op):
        return ""
    for pattern, reason in FORBIDDEN:
        if pattern.fullmatch(node.op):
            return reason
    if node.op == "PrintV2" and node.attr["output_stream"].s.startswith(b"file:"):
        return "can read or write files"
    if has_effects(node.op) and not HARMLESS_EFFECTS.fullmatch(node.op):
        return "has effects outside the model"
    return ""


def _reached(graph: Any, library: dict[str, list[Any]]) -> Iterator[Any]:
    """Yields the nodes that a signature, an initializer or a function of the model can run.

    The others are those that write and read the checkpoint.
    """
    nodes = {node.name: node for node in graph.graph_def.node}
    wanted = [
        tensor.name
        for signature in graph.signature_def.values()
        for tensor in signature.outputs.values()
    ]
    for collection in graph.collection_def.values():
        wanted += [*collection.node_list.value]
        wanted += [one.decode("utf-8", "replace") for one in collection.bytes_list.value]
    functions = [
        *graph.object_graph_def.concrete_functions,
        *(one.function_name for one in graph.graph_def.library.gradient),
        *(one.gradient_func for one in graph.graph_def.library.gradient),
    ]
    seen_nodes: set[str] = set()
    while wanted:
        name = wanted.pop().lstrip("^").split(":")[0]
        if name in nodes and name not in seen_nodes:
            seen_nodes.add(name)
            yield nodes[name]
            wanted += nodes[name].input
            functions += _called([nodes[name]])
    seen_functions: set[str] = set()
    while functions:
        name = functions.pop()
        if name in library and name not in seen_functions:
            seen_functions.add(name)
            yield from library[name]
            functions += _called(library[name])


def _called(nodes: Iterable[Any]) -> Iterator[str]:
    """Yields the names of the functions that nodes call."""
    for node in nodes:
        yield node.op
        for value in node.attr.values():
            if value.HasField("func"):
                yield value.func.name
            for one in value.list.func:
                yield one.name
