"""Parse answers with botocore's own models, for wiretest.Botocore.

Standard input holds one JSON object per line: service, operation, status, headers
and body. Standard output gets one JSON object per line: the parsed answer, with times as ISO
8601, bytes as base64, and an error's code, message and type below "Error".
"""
import base64
import datetime
import json
import sys

import botocore.session
from botocore import parsers
from botocore.awsrequest import HeadersDict


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
        parser = factory.create_parser(model.metadata["protocol"])
        headers = HeadersDict(case["headers"])
        response = {"status_code": case["status"], "headers": headers, "body": case["body"].encode()}
        print(json.dumps(parser.parse(response, operation.output_shape), default=plain))


main()
