"""Makes the calls of a file with boto3, each with the keys of its user, and compares the answers."""

import json
import sys

import boto3
from botocore import xform_name
from botocore.config import Config

with open(sys.argv[1]) as f:
    calls = json.load(f)
for call in calls:
    client = boto3.client(
        "dsql",
        region_name=call["region"],
        aws_access_key_id=call["key"],
        aws_secret_access_key=call["secret"],
        config=Config(retries={"total_max_attempts": 1}),
    )
    try:
        getattr(client, xform_name(call["operation"]))(**call["input"])
        said = ""
    except client.exceptions.AccessDeniedException as e:
        said = e.response["Error"]["Message"]
    assert said == call["denied"], (call["name"], said, call["denied"])
print("ok")
