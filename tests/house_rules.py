"""The rules of the house that no linter knows, each as one function over one parsed file."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

LONGEST_FILE = 400  # lines
ONE_FILE_ON_PURPOSE = {"verifier/nachschub_verify.py": 480}  # whoever checks us reads one file
LONGEST_FUNCTION = 40  # lines

BANNED_WORDS = frozenset(
    {"manager", "service", "helper", "util", "utils", "handler", "impl", "data", "info", "base"}
)
BANNED_FILES = frozenset(
    {"common", "misc", "manager", "service", "helper", "helpers", "util", "utils", "handlers"}
)
RAW_SQL_FILES = frozenset({"readings.py", "store.py"})
RAW_SQL_PATHS = frozenset({"core/outbox.py", "core/database.py"})
STATEMENTS = frozenset({"text", "insert", "update", "delete", "literal_column"})
RAW_CALLS = frozenset({"execute", "executemany", "executescript", "exec_driver_sql"})
ORDERS = "replenishment/orders.py"
BLACK_BOXES = ("demo_shop/", "firmware_sim/")  # import contracts keep our orders from them
DIALECT = re.compile(r"replenishment/vendors/(?!port\b)")  # in the words of a shop's protocol
IMPURE_CALLS = frozenset(
    {
        "open",
        "print",
        "input",
        "uuid1",
        "uuid4",
        "datetime.now",
        "datetime.utcnow",
        "date.today",
    }
    | {f"random.{name}" for name in ("random", "randint", "choice", "shuffle", "gauss")}
)

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Module:
    """One source file. `path`: relative to the repository, with slashes."""

    path: str
    source: str

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.source)

    @property
    def name(self) -> str:
        return PurePosixPath(self.path).name

    @property
    def is_package_marker(self) -> bool:
        return self.name == "__init__.py"


@dataclass(frozen=True, slots=True)
class Complaint:
    path: str
    line: int
    problem: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.problem}"


Rule = Callable[[Module], Iterator[Complaint]]


def file_length(module: Module) -> Iterator[Complaint]:
    lines = len(module.source.splitlines())
    most = ONE_FILE_ON_PURPOSE.get(str(module.path), LONGEST_FILE)
    if lines > most:
        yield Complaint(module.path, lines, f"{lines} lines; at most {most}")


def function_length(module: Module) -> Iterator[Complaint]:
    for node in ast.walk(module.tree):
        if isinstance(node, Function):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > LONGEST_FUNCTION:
                problem = f"{node.name} has {lines} lines; at most {LONGEST_FUNCTION}"
                yield Complaint(module.path, node.lineno, problem)


def late_import(module: Module) -> Iterator[Complaint]:
    for function in ast.walk(module.tree):
        if isinstance(function, Function):
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    yield Complaint(module.path, node.lineno, "import inside a function")


def banned_name(module: Module) -> Iterator[Complaint]:
    stem = module.name.removesuffix(".py")
    if stem.split("_")[-1] in BANNED_FILES:
        yield Complaint(module.path, 1, f"the file name {stem} says nothing")
    if DIALECT.match(module.path):
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ClassDef):
            last = words(node.name)[-1]
            if last in BANNED_WORDS:
                yield Complaint(module.path, node.lineno, f"{node.name} ends in a banned word")
            if last == "error":
                problem = f"{node.name}: an exception says what happened, without Error"
                yield Complaint(module.path, node.lineno, problem)


def package_marker(module: Module) -> Iterator[Complaint]:
    if module.is_package_marker and module.source.strip():
        yield Complaint(module.path, 1, "__init__.py must be empty")


def module_docstring(module: Module) -> Iterator[Complaint]:
    if not module.is_package_marker and not ast.get_docstring(module.tree):
        yield Complaint(module.path, 1, "no module docstring")


def raw_sql(module: Module) -> Iterator[Complaint]:
    """SQL text and Core statements pass by the session's owner, so few files may hold them."""
    if module.name in RAW_SQL_FILES or module.path in RAW_SQL_PATHS:
        return
    for node in ast.walk(module.tree):
        for problem in raw_sql_in(node, module):
            yield Complaint(
                module.path, getattr(node, "lineno", 1), f"{problem} outside a store"
            )


def raw_sql_in(node: ast.AST, module: Module) -> Iterator[str]:
    match node:
        case ast.ImportFrom(module=source, names=names) if is_sqlalchemy(source):
            found = {each.name for each in names} & STATEMENTS
            yield from (f"`{name}`" for name in sorted(found) if not may_import(module, name))
        case ast.Call(func=ast.Attribute(attr=name)) if name in RAW_CALLS:
            yield f".{name}()"
        case ast.Call(func=function) if ast.unparse(function) == "sqlite3.connect":
            yield "sqlite3.connect()"
        case ast.Attribute(attr="__table__"):
            yield ".__table__"


def is_sqlalchemy(module: str | None) -> bool:
    return (module or "").split(".")[0] in {"sqlalchemy", "sqlmodel"}


def may_import(module: Module, name: str) -> bool:
    """Index conditions are text; an order's move is a guarded update through the session."""
    return (name == "text" and module.name == "tables.py") or (
        name == "update" and module.path == ORDERS
    )


CARRIES_FAILURES = "core/offload.py"  # to the process that asked, which raises them


def blind_except(module: Module) -> Iterator[Complaint]:
    if module.path.startswith("runtime/") or module.path == CARRIES_FAILURES:
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ExceptHandler):
            caught = "Exception" if node.type is None else ast.unparse(node.type)
            passed_on = ast.unparse(node.body[-1]) == "raise"
            if re.search(r"\b(Base)?Exception\b", caught) and not passed_on:
                yield Complaint(module.path, node.lineno, "except Exception outside runtime/")


def order_state_writer(module: Module) -> Iterator[Complaint]:
    if module.path == ORDERS or module.path.startswith(BLACK_BOXES):
        return
    for node in ast.walk(module.tree):
        if sets_a_state(node, knows_orders="OrderRow" in module.source):
            problem = f"only {ORDERS} sets the state of an order"
            yield Complaint(module.path, getattr(node, "lineno", 1), problem)


def sets_a_state(node: ast.AST, *, knows_orders: bool) -> bool:
    match node:
        case ast.Attribute(value=owner, attr="state", ctx=ast.Store()):
            return knows_orders or "order" in ast.unparse(owner)
        case ast.Call(func=function, args=[first, *_]) if ast.unparse(first) == "OrderRow":
            return ast.unparse(function).split(".")[-1] == "update"
        case ast.Call(func=ast.Name(id="setattr"), args=[_, ast.Constant(value="state"), _]):
            return True
        case ast.Call(func=function, keywords=keywords):
            is_order = ast.unparse(function).split(".")[-1] == "OrderRow"
            return is_order and any(each.arg == "state" for each in keywords)
    return False


def impure_call(module: Module) -> Iterator[Complaint]:
    """A pure file is given its clock, its ids and its seeded randomness."""
    if not is_pure(module):
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in IMPURE_CALLS:
            problem = f"{ast.unparse(node.func)}() in a pure file"
            yield Complaint(module.path, node.lineno, problem)


def is_pure(module: Module) -> bool:
    return bool(re.search(r"\bPure\b", ast.get_docstring(module.tree) or ""))


def words(name: str) -> list[str]:
    """`DeviceModelRow` and `device_model_row` -> device, model, row."""
    return re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower())


def terms(glossary: str) -> frozenset[str]:
    """The first column of the glossary's tables; `a / b` and `a, b` name two words."""
    rows = re.findall(r"^\|([^|]+)\|", glossary, flags=re.MULTILINE)
    return frozenset(
        term.strip(" `*").lower() for row in rows for term in re.split(r"[/,]", row) if term
    )


def unlisted_noun(known: frozenset[str]) -> Rule:
    """A table's name stands in the glossary; so does a public class, or the thing it is a
    kind of: a `SlotReading` is a reading. Exceptions and outcomes (`Refused`, `SignedIn`)
    say what happened; black boxes and dialects have words of their own.
    """

    def rule(module: Module) -> Iterator[Complaint]:
        if module.path.startswith(BLACK_BOXES) or DIALECT.match(module.path):
            return
        happened = exceptions(module.tree)
        for node in module.tree.body:
            if not isinstance(node, ast.ClassDef) or node.name.startswith("_"):
                continue
            table = table_name(node)
            if table and " ".join(words(table)) not in known:
                yield Complaint(module.path, node.lineno, f"unlisted table `{table}`")
            if node.name not in happened and not is_known(node.name, known):
                yield Complaint(module.path, node.lineno, f"unlisted class `{node.name}`")

    return rule


def is_known(class_name: str, known: frozenset[str]) -> bool:
    noun = words(re.sub(r"(Row|View)$", "", class_name))
    return any(re.search(r"[^e]ed$", word) for word in noun) or any(
        form in known for phrase in (" ".join(noun), noun[-1]) for form in singular(phrase)
    )


def singular(word: str) -> set[str]:
    return {word, re.sub(r"ies$", "y", word), re.sub(r"es$", "", word), re.sub(r"s$", "", word)}


def exceptions(tree: ast.Module) -> set[str]:
    """Names of the exceptions a module declares, those that extend one of its own included."""
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            bases = {ast.unparse(base).split(".")[-1] for base in node.bases}
            if bases & found or any(base.endswith(("Exception", "Error")) for base in bases):
                found.add(node.name)
    return found


def table_name(node: ast.ClassDef) -> str | None:
    for each in node.body:
        if isinstance(each, ast.AnnAssign | ast.Assign):
            target = each.target if isinstance(each, ast.AnnAssign) else each.targets[0]
            if ast.unparse(target) == "__tablename__" and isinstance(each.value, ast.Constant):
                return str(each.value.value)
    return None
