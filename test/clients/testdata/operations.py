"""Every operation with boto3, with its waiters, its paginators and its exceptions by name. The last lines are an endpoint and a token for it."""

import datetime
import json
import os

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ACCOUNT = "000000000000"
WAIT = {"Delay": 1, "MaxAttempts": 60}
NOWHERE = "ruabtlcu6nqjdl6k6jjcug67ta"


def client(region, **keys):
    return boto3.client("dsql", region_name=region, config=Config(retries={"total_max_attempts": 1}), **keys)


def refused(name, call, **members):
    """Expects an exception of the model, with these members."""
    try:
        call()
    except ClientError as e:
        if hasattr(c.exceptions, name):
            assert type(e).__name__ == name, repr(e)  # a class of its client
        assert e.response["Error"]["Code"] == name, e.response
        for member, want in members.items():
            assert e.response.get(member) == want, (member, e.response)
        return e.response
    raise AssertionError(name + " was expected")


def members(output, *names):
    assert output.pop("ResponseMetadata")["HTTPStatusCode"] == 200
    assert sorted(output) == sorted(names), output
    return output


def denying(action):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": action, "Resource": "*"}]})


c = client("us-east-1")


def clusters():
    made = c.create_cluster(tags={"Name": "boto"}, clientToken="one")
    members(made, "identifier", "arn", "status", "creationTime", "deletionProtectionEnabled", "encryptionDetails", "endpoint")
    identifier = made["identifier"]
    assert c.create_cluster(tags={"Name": "boto"}, clientToken="one")["identifier"] == identifier
    refused("ConflictException", lambda: c.create_cluster(clientToken="one"))
    c.get_waiter("cluster_active").wait(identifier=identifier, WaiterConfig=WAIT)
    got = c.get_cluster(identifier=identifier)
    assert got["status"] == "ACTIVE" and got["tags"] == {"Name": "boto"} and got["deletionProtectionEnabled"], got
    age = datetime.datetime.now(datetime.timezone.utc) - got["creationTime"]
    assert abs(age) < datetime.timedelta(minutes=1), age
    vpc = members(c.get_vpc_endpoint_service_name(identifier=identifier), "serviceName", "clusterVpcEndpoint")
    assert vpc["serviceName"].startswith("com.amazonaws.us-east-1.dsql-"), vpc
    assert vpc["clusterVpcEndpoint"].startswith(identifier + ".dsql-"), vpc
    refused("ValidationException", lambda: c.delete_cluster(identifier=identifier), reason="deletionProtectionEnabled")
    members(c.update_cluster(identifier=identifier, deletionProtectionEnabled=False), "identifier", "arn", "status", "creationTime")
    return got


def policies(identifier):
    version = members(c.put_cluster_policy(identifier=identifier, policy=denying("dsql:DbConnect")), "policyVersion")["policyVersion"]
    got = members(c.get_cluster_policy(identifier=identifier), "policy", "policyVersion")
    assert got == {"policy": denying("dsql:DbConnect"), "policyVersion": version}, got
    refused(
        "ConflictException",
        lambda: c.put_cluster_policy(identifier=identifier, policy=denying("dsql:DbConnect"), expectedPolicyVersion="x"),
        resourceId=identifier,
        resourceType="cluster",
    )
    refused("ValidationException", lambda: c.put_cluster_policy(identifier=identifier, policy=denying("dsql:*")), reason="other")
    refused("ValidationException", lambda: c.put_cluster_policy(identifier=identifier, policy="{"), reason="other")
    second = c.put_cluster_policy(identifier=identifier, policy=denying("dsql:DbConnect"), expectedPolicyVersion=version)["policyVersion"]
    assert members(c.delete_cluster_policy(identifier=identifier, expectedPolicyVersion=second), "policyVersion")["policyVersion"] == second
    refused("ResourceNotFoundException", lambda: c.get_cluster_policy(identifier=identifier), resourceType="clusterPolicy")


def tags(arn):
    before = c.list_tags_for_resource(resourceArn=arn)["tags"]
    members(c.tag_resource(resourceArn=arn, tags={"a": "1", "b/c d": ""}))
    c.tag_resource(resourceArn=arn, tags={"a": "2"})
    assert members(c.list_tags_for_resource(resourceArn=arn), "tags")["tags"] == {**before, "a": "2", "b/c d": ""}
    members(c.untag_resource(resourceArn=arn, tagKeys=["a", "b/c d", "none"]))
    assert c.list_tags_for_resource(resourceArn=arn)["tags"] == before
    many = {"k%d" % i: "" for i in range(51)}
    e = refused("ServiceQuotaExceededException", lambda: c.tag_resource(resourceArn=arn, tags=many), resourceId=arn, resourceType="tag", serviceCode="dsql")
    assert e["quotaCode"] and e["message"], e


def streams(identifier):
    target = {"kinesis": {"streamArn": f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/changes", "roleArn": f"arn:aws:iam::{ACCOUNT}:role/writer"}}
    wanted = dict(clusterIdentifier=identifier, targetDefinition=target, ordering="UNORDERED", format="JSON")
    made = [c.create_stream(tags={"n": "0"}, **wanted)]
    members(made[0], "clusterIdentifier", "streamIdentifier", "arn", "status", "creationTime", "ordering", "format")
    made += [c.create_stream(**wanted) for _ in range(4)]
    refused("ServiceQuotaExceededException", lambda: c.create_stream(**wanted), resourceId=identifier, resourceType="stream", serviceCode="dsql")
    got = c.get_stream(clusterIdentifier=identifier, streamIdentifier=made[0]["streamIdentifier"])
    assert got["targetDefinition"] == target and got["tags"] == {"n": "0"}, got
    for size in (1, 2, 5):
        pages = list(c.get_paginator("list_streams").paginate(clusterIdentifier=identifier, PaginationConfig={"PageSize": size}))
        assert all(len(page["streams"]) <= size for page in pages)
        assert [s["streamIdentifier"] for page in pages for s in page["streams"]] == [s["streamIdentifier"] for s in made]
    tags(made[0]["arn"])
    gone = dict(clusterIdentifier=identifier, streamIdentifier=made[0]["streamIdentifier"])
    members(c.delete_stream(**gone), "clusterIdentifier", "streamIdentifier", "arn", "status", "creationTime")
    c.get_waiter("stream_not_exists").wait(WaiterConfig=WAIT, **gone)
    refused("ResourceNotFoundException", lambda: c.get_stream(**gone), resourceId=gone["streamIdentifier"], resourceType="stream")


def linked():
    sides = [client("us-east-1"), client("us-east-2")]
    made = []
    for api in sides:
        made.append(api.create_cluster(deletionProtectionEnabled=False, multiRegionProperties={"witnessRegion": "us-west-2"}))
        assert made[-1]["status"] == "PENDING_SETUP", made
    arns = [m["arn"] for m in made]
    for api, m in zip(sides, made):
        properties = {"witnessRegion": "us-west-2", "clusters": arns}
        assert api.update_cluster(identifier=m["identifier"], multiRegionProperties=properties)["status"] == "UPDATING"
    for api, m in zip(sides, made):
        api.get_waiter("cluster_active").wait(identifier=m["identifier"], WaiterConfig=WAIT)
        got = api.get_cluster(identifier=m["identifier"])["multiRegionProperties"]
        assert got["witnessRegion"] == "us-west-2" and sorted(got["clusters"]) == sorted(arns), got
    for api, m in zip(sides, made):
        assert api.delete_cluster(identifier=m["identifier"])["status"] == "PENDING_DELETE"
    for api, m in zip(sides, made):
        api.get_waiter("cluster_not_exists").wait(identifier=m["identifier"], WaiterConfig=WAIT)


def pages():
    far = client("sa-east-1")
    made = [far.create_cluster()["identifier"] for _ in range(20)]
    refused("ServiceQuotaExceededException", far.create_cluster, resourceId=ACCOUNT, resourceType="cluster", serviceCode="dsql", quotaCode="L-B3A4E51E")
    for size in (1, 7, 20):
        seen = far.get_paginator("list_clusters").paginate(PaginationConfig={"PageSize": size}).build_full_result()["clusters"]
        assert [x["identifier"] for x in seen] == made
    part = far.get_paginator("list_clusters").paginate(PaginationConfig={"PageSize": 3, "MaxItems": 4}).build_full_result()
    rest = far.get_paginator("list_clusters").paginate(PaginationConfig={"StartingToken": part["NextToken"]}).build_full_result()
    assert [x["identifier"] for x in part["clusters"] + rest["clusters"]] == made


def errors():
    refused("ResourceNotFoundException", lambda: c.get_cluster(identifier=NOWHERE), resourceId=NOWHERE, resourceType="cluster")
    e = refused("ValidationException", lambda: c.get_cluster(identifier="UPPER"), reason="fieldValidationFailed")
    assert [f["name"] for f in e["fieldList"]] == ["identifier"], e
    nobody = client("us-east-1", aws_access_key_id="AKIANOBODY", aws_secret_access_key="s3cret")
    refused("AccessDeniedException", nobody.list_clusters)
    refused("UnrecognizedClientException", client("us-east-1", aws_access_key_id="AKIANONE", aws_secret_access_key="x").list_clusters)
    refused("InvalidSignatureException", client("us-east-1", aws_access_key_id="AKIANOBODY", aws_secret_access_key="x").list_clusters)


def roles():
    """A profile that names a role assumes it at the same listener."""
    keys = {name: os.environ.pop(name) for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    session = boto3.Session(profile_name="app", region_name="us-east-1")
    who = session.client("sts").get_caller_identity()["Arn"]
    assert who == f"arn:aws:sts::{ACCOUNT}:assumed-role/app/profiled", who
    app = session.client("dsql")
    assert app.list_clusters()["clusters"]
    refused("AccessDeniedException", lambda: app.create_cluster())
    os.environ.update(keys)


got = clusters()
policies(got["identifier"])
tags(got["arn"])
streams(got["identifier"])
linked()
pages()
errors()
roles()
members(c.delete_cluster(identifier=got["identifier"]), "identifier", "arn", "status", "creationTime")
c.get_waiter("cluster_not_exists").wait(identifier=got["identifier"], WaiterConfig=WAIT)
refused("ResourceNotFoundException", lambda: c.get_cluster(identifier=got["identifier"]), resourceId=got["identifier"])
last = c.create_cluster(deletionProtectionEnabled=False)
c.get_waiter("cluster_active").wait(identifier=last["identifier"], WaiterConfig=WAIT)
print(last["endpoint"])
print(c.generate_db_connect_admin_auth_token(last["endpoint"], "us-east-1"))
