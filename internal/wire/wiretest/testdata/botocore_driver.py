"""Speak with botocore's own models, for wiretest.Botocore and BotocoreRequests.

Standard input holds one JSON object per line: service and operation, and either
params to make a request of, or an answer's status, headers and body. Standard output gets one JSON object per line: the parsed answer, with times as ISO
8601, bytes as base64, and an error's code, message and type below "Error"; or the
request's body as it goes over the wire.
"""
import base64
import datetime
import json
import sys
import urllib.parse

try:
    import botocore.session
    from botocore import parsers, serialize
    from botocore.awsrequest import HeadersDict
except ImportError:
    sys.exit(77)


def plain(value):
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(type(value))


def main():
    session = botocore.session.get_session()
    models = {}
    factory = parsers.ResponseParserFactory()
    for line in sys.stdin:
        case = json.loads(line)
        name = case["service"]
        if name not in models:
            models[name] = session.get_service_model(name)
        model = models[name]
        operation = model.operation_model(case["operation"])
        if "params" in case:
            serializer = serialize.create_serializer(model.metadata["protocol"], include_validation=False)
            request = serializer.serialize_to_request(case["params"], operation)
            body = request["body"]
            if isinstance(body, dict):
                body = urllib.parse.urlencode(body)
            if isinstance(body, bytes):
                body = body.decode()
            print(json.dumps({"body": body, "target": request["headers"].get("X-Amz-Target", "")}))
            continue
        parser = factory.create_parser(model.metadata["protocol"])
        headers = HeadersDict(case["headers"])
        response = {"status_code": case["status"], "headers": headers, "body": case["body"].encode()}
        print(json.dumps(parser.parse(response, operation.output_shape), default=plain))


main()
