"""How the engine stores results of steps: as JSON, never pickled."""

import msgspec
from dbos import Serializer

ERROR = "__error__"


class PlainJson(Serializer):
    """JSON by msgspec.  An exception becomes its type and text; it is only looked at, never acted on."""

    def name(self) -> str:
        return "entrepot_json"

    def serialize(self, data: object) -> str:
        if isinstance(data, BaseException):
            return msgspec.json.encode({ERROR: type(data).__name__, "text": str(data)}).decode()
        return msgspec.json.encode(data).decode()

    def deserialize(self, serialized_data: str) -> object:
        data: object = msgspec.json.decode(serialized_data)
        if isinstance(data, dict) and data.keys() == {ERROR, "text"}:
            return RuntimeError(f"{data[ERROR]}: {data['text']}")
        return data
