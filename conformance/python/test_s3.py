"""S3 as boto3 speaks it: keys, listings, multipart, copies, errors, CORS."""

import base64
import hashlib
import io
import json
import socket
import unittest.mock
import urllib.error
import urllib.parse
import urllib.request

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config

from env import ACCOUNT, CONFIG, ENDPOINT, ROOT, Case, bucket, client, name, not_built, session

# Keys are byte strings: none of these may be cleaned, folded or joined.
ODD_KEYS = [
    "a", "a/b", "a//b", "/lead", "//lead", "../x", "./x", "x/../y", "x/./y", "x/..", "..", ".", "trail/", "trail//",
    "with space", "plus+plus", "per%cent", "%2F", "%252e", "a&b=c?d#e", "quote'\"<>", "semi;colon:at@", "tilde~!*()", "back\\slash",
    "\u00e9 composed", "e\u0301 decomposed", "\U0001f41a shell", "\u6f6e\u3060\u307e\u308a", "\ufffe", "line\nfeed", "tab\tkey", "x" * 1024,
]


class Keys(Case):
    @classmethod
    def setUpClass(cls):
        cls.s3, cls.bucket = client("s3"), bucket("keys")

    def test_every_odd_key_is_stored_as_it_is(self):
        for key in ODD_KEYS:
            with self.subTest(key[:40]):
                body = key.encode()
                self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
                self.assertEqual(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read(), body)
                self.assertEqual(self.s3.head_object(Bucket=self.bucket, Key=key)["ContentLength"], len(body))
        listed = [o["Key"] for page in self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, PaginationConfig={"PageSize": 7}) for o in page["Contents"]]
        self.assertEqual(listed, sorted(ODD_KEYS, key=lambda k: k.encode()))
        v1 = [o["Key"] for page in self.s3.get_paginator("list_objects").paginate(
            Bucket=self.bucket, PaginationConfig={"PageSize": 7}) for o in page["Contents"]]
        self.assertEqual(v1, listed)
        for key in ODD_KEYS[:12]:
            url = self.s3.generate_presigned_url("get_object", {"Bucket": self.bucket, "Key": key})
            with self.subTest("presigned " + key), urllib.request.urlopen(url, timeout=10) as answer:
                self.assertEqual(answer.read(), key.encode())
        for key in ODD_KEYS:
            with self.subTest("copy of " + key[:40]):
                self.s3.copy_object(Bucket=self.bucket, Key="copy", CopySource={"Bucket": self.bucket, "Key": key})
                self.assertEqual(self.s3.get_object(Bucket=self.bucket, Key="copy")["Body"].read(), key.encode())
        gone = self.s3.delete_objects(Bucket=self.bucket, Delete={"Objects": [{"Key": k} for k in ODD_KEYS + ["copy"] if k.isprintable()]})
        self.assertNotIn("Errors", gone)
        for key in ODD_KEYS:
            self.s3.delete_object(Bucket=self.bucket, Key=key)
        self.assertEqual(self.s3.list_objects_v2(Bucket=self.bucket)["KeyCount"], 0)

    def test_a_key_of_1025_bytes_is_refused(self):
        self.refused(400, "KeyTooLongError", "Your key is too long", self.s3.put_object, Bucket=self.bucket, Key="x" * 1025, Body=b"")

    def test_policies_see_the_raw_key(self):
        made = bucket("raw")
        for key in ("public/../secret/s", "secret/s"):
            self.s3.put_object(Bucket=made, Key=key, Body=key.encode())
        s3 = client("s3", session({"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{made}/public/*"}))
        self.assertEqual(s3.get_object(Bucket=made, Key="public/../secret/s")["Body"].read(), b"public/../secret/s")
        self.refused(403, "AccessDenied", None, s3.get_object, Bucket=made, Key="secret/s")


class Listings(Case):
    @classmethod
    def setUpClass(cls):
        cls.s3, cls.bucket = client("s3"), bucket("list")
        for key in ("a/1", "a/2", "b/1", "b/2", "c", "d"):
            cls.s3.put_object(Bucket=cls.bucket, Key=key, Body=b"12345")

    def test_members(self):
        got = self.s3.list_objects_v2(Bucket=self.bucket, MaxKeys=3, Delimiter="/", Prefix="", StartAfter="a", FetchOwner=True)
        self.members(got, "IsTruncated", "Contents", "Name", "Prefix", "Delimiter", "MaxKeys", "CommonPrefixes", "KeyCount", "StartAfter",
                     "NextContinuationToken", also=["EncodingType"])
        self.members(got["Contents"][0], "Key", "LastModified", "ETag", "Size", "StorageClass", "Owner", also=["ChecksumAlgorithm", "ChecksumType"])
        self.assertEqual([p["Prefix"] for p in got["CommonPrefixes"]], ["a/", "b/"])

    def test_folders(self):
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Delimiter="/", PaginationConfig={"PageSize": 1})
        found = [x.get("Prefix") or x.get("Key") for page in pages for x in page.get("CommonPrefixes", []) + page.get("Contents", [])]
        self.assertEqual(found, ["a/", "b/", "c", "d"])

    def test_a_token_of_another_prefix_is_refused(self):
        token = self.s3.list_objects_v2(Bucket=self.bucket, Prefix="a/", MaxKeys=1)["NextContinuationToken"]
        self.refused(400, "InvalidArgument", None, self.s3.list_objects_v2, Bucket=self.bucket, Prefix="b/", ContinuationToken=token)

    def test_a_listing_may_be_allowed_for_a_prefix_only(self):
        s3 = client("s3", session({"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{self.bucket}",
                                   "Condition": {"StringEquals": {"s3:prefix": "a/"}}}))
        self.assertEqual(s3.list_objects_v2(Bucket=self.bucket, Prefix="a/")["KeyCount"], 2)
        self.refused(403, "AccessDenied", None, s3.list_objects_v2, Bucket=self.bucket)
        self.refused(403, "AccessDenied", None, s3.list_objects_v2, Bucket=self.bucket, Prefix="b/")

    def test_buckets(self):
        got = self.s3.list_buckets()
        self.members(got, "Buckets", "Owner")
        self.assertIn(self.bucket, [b["Name"] for b in got["Buckets"]])
        self.s3.get_waiter("bucket_exists").wait(Bucket=self.bucket, WaiterConfig={"Delay": 1, "MaxAttempts": 2})
        self.s3.get_waiter("object_exists").wait(Bucket=self.bucket, Key="c", WaiterConfig={"Delay": 1, "MaxAttempts": 2})
        self.s3.get_waiter("bucket_not_exists").wait(Bucket=name("none"), WaiterConfig={"Delay": 1, "MaxAttempts": 2})
        self.s3.get_waiter("object_not_exists").wait(Bucket=self.bucket, Key="none", WaiterConfig={"Delay": 1, "MaxAttempts": 2})


class Objects(Case):
    @classmethod
    def setUpClass(cls):
        cls.s3, cls.bucket = client("s3"), bucket("objects")

    def test_metadata_and_headers_come_back(self):
        put = self.s3.put_object(Bucket=self.bucket, Key="meta", Body=b"hello", ContentType="text/plain", CacheControl="max-age=60",
                                 ContentDisposition="inline", ContentLanguage="en", ContentEncoding="identity",
                                 Metadata={"colour": "blue", "mixed-Case": "Yes"})
        self.assertEqual(put["ETag"], '"' + hashlib.md5(b"hello").hexdigest() + '"')
        for got in (self.s3.get_object(Bucket=self.bucket, Key="meta"), self.s3.head_object(Bucket=self.bucket, Key="meta")):
            self.assertEqual(got["Metadata"], {"colour": "blue", "mixed-case": "Yes"})
            want = ("text/plain", "max-age=60", "inline", "en", "identity", 5, "bytes", put["ETag"])
            self.assertEqual(tuple(got[k] for k in ("ContentType", "CacheControl", "ContentDisposition", "ContentLanguage", "ContentEncoding",
                                                    "ContentLength", "AcceptRanges", "ETag")), want)
            self.assertIn("LastModified", got)
            if "Body" in got:
                got["Body"].close()
        got = self.s3.get_object(Bucket=self.bucket, Key="meta", ResponseContentType="text/html", ResponseContentDisposition="attachment")
        with got["Body"]:
            self.assertEqual((got["ContentType"], got["ContentDisposition"]), ("text/html", "attachment"))

    def test_ranges_and_conditions(self):
        etag = self.s3.put_object(Bucket=self.bucket, Key="range", Body=b"0123456789")["ETag"]
        got = self.s3.get_object(Bucket=self.bucket, Key="range", Range="bytes=2-4")
        self.assertEqual((got["Body"].read(), got["ContentRange"], got["ResponseMetadata"]["HTTPStatusCode"]), (b"234", "bytes 2-4/10", 206))
        self.assertEqual(self.s3.get_object(Bucket=self.bucket, Key="range", Range="bytes=-3")["Body"].read(), b"789")
        self.refused(416, "InvalidRange", "The requested range is not satisfiable", self.s3.get_object, Bucket=self.bucket, Key="range", Range="bytes=10-")
        self.refused(304, "304", "Not Modified", self.s3.get_object, Bucket=self.bucket, Key="range", IfNoneMatch=etag)
        self.refused(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold",
                     self.s3.get_object, Bucket=self.bucket, Key="range", IfMatch='"other"')

    def test_checksums(self):
        digest = base64.b64encode(hashlib.sha256(b"hello").digest()).decode()
        put = self.s3.put_object(Bucket=self.bucket, Key="sum", Body=b"hello", ChecksumAlgorithm="SHA256")
        self.assertEqual(put["ChecksumSHA256"], digest)
        got = self.s3.get_object(Bucket=self.bucket, Key="sum", ChecksumMode="ENABLED")
        self.assertEqual((got["Body"].read(), got["ChecksumSHA256"]), (b"hello", digest))
        wrong = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
        self.refused(400, "BadDigest", None, self.s3.put_object, Bucket=self.bucket, Key="sum", Body=b"hello", ChecksumSHA256=wrong)
        self.refused(400, "BadDigest", None, self.s3.put_object, Bucket=self.bucket, Key="sum", Body=b"hello",
                     ContentMD5=base64.b64encode(hashlib.md5(b"other").digest()).decode())

    def test_attributes_and_tags(self):
        self.s3.put_object(Bucket=self.bucket, Key="tags", Body=b"hello", Tagging="a=1&b=two%20words")
        self.assertEqual(self.s3.get_object_tagging(Bucket=self.bucket, Key="tags")["TagSet"], [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "two words"}])
        self.assertEqual(self.s3.head_object(Bucket=self.bucket, Key="tags")["ResponseMetadata"]["HTTPHeaders"].get("x-amz-tagging-count", "2"), "2")
        self.s3.put_object_tagging(Bucket=self.bucket, Key="tags", Tagging={"TagSet": [{"Key": "c", "Value": ""}]})
        self.assertEqual(self.s3.get_object_tagging(Bucket=self.bucket, Key="tags")["TagSet"], [{"Key": "c", "Value": ""}])
        self.s3.delete_object_tagging(Bucket=self.bucket, Key="tags")
        self.assertEqual(self.s3.get_object_tagging(Bucket=self.bucket, Key="tags")["TagSet"], [])
        got = self.s3.get_object_attributes(Bucket=self.bucket, Key="tags", ObjectAttributes=["ETag", "ObjectSize", "StorageClass"])
        self.assertEqual((got["ETag"], got["ObjectSize"], got["StorageClass"]), (hashlib.md5(b"hello").hexdigest(), 5, "STANDARD"))

    def test_copy(self):
        self.s3.put_object(Bucket=self.bucket, Key="from", Body=b"copied", ContentType="text/x", Metadata={"k": "v"})
        got = self.s3.copy_object(Bucket=self.bucket, Key="to", CopySource=f"{self.bucket}/from")
        self.members(got["CopyObjectResult"], "ETag", "LastModified", also=["ChecksumCRC64NVME", "ChecksumType", "ChecksumCRC32"])
        self.assertEqual(self.s3.head_object(Bucket=self.bucket, Key="to")["Metadata"], {"k": "v"})
        self.s3.copy_object(Bucket=self.bucket, Key="to", CopySource={"Bucket": self.bucket, "Key": "from"}, MetadataDirective="REPLACE", Metadata={"n": "w"})
        self.assertEqual(self.s3.head_object(Bucket=self.bucket, Key="to")["Metadata"], {"n": "w"})
        self.refused(400, "InvalidRequest", None, self.s3.copy_object, Bucket=self.bucket, Key="to", CopySource=f"{self.bucket}/to")
        self.refused(404, "NoSuchKey", None, self.s3.copy_object, Bucket=self.bucket, Key="to", CopySource=f"{self.bucket}/none")

    def test_multipart_by_the_transfer_manager(self):
        body = hashlib.shake_128(b"seed").digest(12 << 20)
        config = TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20, max_concurrency=4)
        self.s3.upload_fileobj(io.BytesIO(body), self.bucket, "big", Config=config, ExtraArgs={"Metadata": {"big": "yes"}})
        head = self.s3.head_object(Bucket=self.bucket, Key="big")
        self.assertEqual((head["ContentLength"], head["Metadata"]), (len(body), {"big": "yes"}))
        parts = b"".join(hashlib.md5(body[i:i + (5 << 20)]).digest() for i in range(0, len(body), 5 << 20))
        self.assertEqual(head["ETag"], f'"{hashlib.md5(parts).hexdigest()}-3"')
        down = io.BytesIO()
        self.s3.download_fileobj(self.bucket, "big", down, Config=config)
        self.assertEqual(hashlib.sha256(down.getvalue()).digest(), hashlib.sha256(body).digest())
        self.s3.copy({"Bucket": self.bucket, "Key": "big"}, self.bucket, "big copy", Config=config)
        self.assertEqual(self.s3.head_object(Bucket=self.bucket, Key="big copy")["ContentLength"], len(body))
        self.assertEqual(self.s3.get_object(Bucket=self.bucket, Key="big copy", Range="bytes=6000000-6000009")["Body"].read(), body[6000000:6000010])

    def test_multipart_by_hand(self):
        upload = self.s3.create_multipart_upload(Bucket=self.bucket, Key="parts")
        self.members(upload, "Bucket", "Key", "UploadId", also=["ServerSideEncryption", "ChecksumAlgorithm", "ChecksumType"])
        at = {"Bucket": self.bucket, "Key": "parts", "UploadId": upload["UploadId"]}
        etags = [self.s3.upload_part(PartNumber=n, Body=bytes([n]) * size, **at)["ETag"] for n, size in ((1, 5 << 20), (2, 3))]
        listed = self.s3.list_parts(**at)
        self.assertEqual([(p["PartNumber"], p["Size"], p["ETag"]) for p in listed["Parts"]], [(1, 5 << 20, etags[0]), (2, 3, etags[1])])
        self.assertIn(upload["UploadId"], [u["UploadId"] for u in self.s3.list_multipart_uploads(Bucket=self.bucket)["Uploads"]])
        self.refused(404, "NoSuchKey", None, self.s3.get_object, Bucket=self.bucket, Key="parts")
        self.refused(400, "InvalidPart", None, self.s3.complete_multipart_upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": '"wrong"'}]}, **at)
        self.refused(400, "InvalidPartOrder", None, self.s3.complete_multipart_upload, MultipartUpload={
            "Parts": [{"PartNumber": 2, "ETag": etags[1]}, {"PartNumber": 1, "ETag": etags[0]}]}, **at)
        done = self.s3.complete_multipart_upload(MultipartUpload={"Parts": [{"PartNumber": n + 1, "ETag": e} for n, e in enumerate(etags)]}, **at)
        self.members(done, "Location", "Bucket", "Key", "ETag", also=["ServerSideEncryption", "ChecksumCRC64NVME", "ChecksumType", "ChecksumCRC32"])
        part = self.s3.get_object(Bucket=self.bucket, Key="parts", PartNumber=2)
        self.assertEqual((part["Body"].read(), part["PartsCount"]), (b"\2\2\2", 2))
        self.refused(404, "NoSuchUpload", None, self.s3.abort_multipart_upload, Bucket=self.bucket, Key="parts", UploadId="none")
        small = self.s3.create_multipart_upload(Bucket=self.bucket, Key="small")
        at = {"Bucket": self.bucket, "Key": "small", "UploadId": small["UploadId"]}
        etags = [self.s3.upload_part(PartNumber=n, Body=b"x", **at)["ETag"] for n in (1, 2)]
        self.refused(400, "EntityTooSmall", None, self.s3.complete_multipart_upload,
                     MultipartUpload={"Parts": [{"PartNumber": n + 1, "ETag": e} for n, e in enumerate(etags)]}, **at)
        self.s3.abort_multipart_upload(**at)

    def test_delete_objects_denies_some(self):
        made = bucket("batch")
        for key in ("mine/1", "mine/2", "theirs/1"):
            self.s3.put_object(Bucket=made, Key=key, Body=b"x")
        s3 = client("s3", session({"Effect": "Allow", "Action": "s3:DeleteObject", "Resource": f"arn:aws:s3:::{made}/mine/*"}))
        got = s3.delete_objects(Bucket=made, Delete={"Objects": [{"Key": k} for k in ("mine/1", "theirs/1", "mine/2", "mine/none")]})
        self.assertEqual(sorted(d["Key"] for d in got["Deleted"]), ["mine/1", "mine/2", "mine/none"])
        self.assertEqual([(e["Key"], e["Code"]) for e in got["Errors"]], [("theirs/1", "AccessDenied")])
        self.assertEqual([o["Key"] for o in self.s3.list_objects_v2(Bucket=made)["Contents"]], ["theirs/1"])

    def test_a_presigned_put(self):
        url = self.s3.generate_presigned_url("put_object", {"Bucket": self.bucket, "Key": "put by url"})
        with urllib.request.urlopen(urllib.request.Request(url, data=b"body", method="PUT"), timeout=10) as answer:
            self.assertEqual(answer.status, 200)
        self.assertEqual(self.s3.get_object(Bucket=self.bucket, Key="put by url")["Body"].read(), b"body")

    def test_connections_are_kept_after_empty_bodies(self):
        # botocore asks before it sends a body, also one of no bytes.
        for key, body in (("empty", b""), ("next", b"x"), ("x" * 1025, b""), ("last", b"y")):
            with self.subTest(key[:10]):
                if len(key) > 1024:
                    self.refused(400, "KeyTooLongError", None, self.s3.put_object, Bucket=self.bucket, Key=key, Body=body)
                else:
                    self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)

    def test_a_post_form(self):
        form = self.s3.generate_presigned_post(self.bucket, "forms/${filename}", Conditions=[["content-length-range", 1, 10]])
        status, text = post(form, "shell.txt", b"by form")
        if status == 501:
            self.skipTest("Rockpool does not implement POST uploads from HTML forms yet.")
        self.assertEqual(status, 204, text)
        self.assertEqual(self.s3.get_object(Bucket=self.bucket, Key="forms/shell.txt")["Body"].read(), b"by form")
        status, text = post(form, "shell.txt", b"more than ten bytes")
        self.assertEqual((status, b"<Code>EntityTooLarge</Code>" in text), (400, True), text)
        status, text = post({**form, "fields": {**form["fields"], "acl": "public-read"}}, "shell.txt", b"x")
        self.assertEqual((status, b"<Code>AccessDenied</Code>" in text), (403, True), text)

    @not_built("PutBucketVersioning", "GetBucketVersioning", "ListObjectVersions")
    def test_versions(self):
        made = bucket("versions")
        self.s3.put_bucket_versioning(Bucket=made, VersioningConfiguration={"Status": "Enabled"})
        self.assertEqual(self.s3.get_bucket_versioning(Bucket=made)["Status"], "Enabled")
        first = self.s3.put_object(Bucket=made, Key="k", Body=b"1")["VersionId"]
        second = self.s3.put_object(Bucket=made, Key="k", Body=b"2")["VersionId"]
        self.assertNotEqual(first, second)
        self.assertEqual(self.s3.get_object(Bucket=made, Key="k", VersionId=first)["Body"].read(), b"1")
        marker = self.s3.delete_object(Bucket=made, Key="k")
        self.assertTrue(marker["DeleteMarker"])
        answer = self.refused(404, "NoSuchKey", None, self.s3.get_object, Bucket=made, Key="k")
        self.assertEqual(answer["ResponseMetadata"]["HTTPHeaders"]["x-amz-delete-marker"], "true")
        listed = self.s3.list_object_versions(Bucket=made)
        self.assertEqual([v["VersionId"] for v in listed["Versions"]], [second, first])
        self.assertEqual([v["VersionId"] for v in listed["DeleteMarkers"]], [marker["VersionId"]])
        self.s3.delete_object(Bucket=made, Key="k", VersionId=marker["VersionId"])
        self.assertEqual(self.s3.get_object(Bucket=made, Key="k")["Body"].read(), b"2")
        self.refused(409, "BucketNotEmpty", "The bucket you tried to delete is not empty", self.s3.delete_bucket, Bucket=made)


def post(form, filename, body):
    """Sends a browser's form: the fields, then the file."""
    line, parts = "----rockpool", []
    for field, value in form["fields"].items():
        parts.append(f'--{line}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode())
    parts.append(f'--{line}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\nContent-Type: text/plain\r\n\r\n'.encode() + body + b"\r\n")
    parts.append(f"--{line}--\r\n".encode())
    request = urllib.request.Request(form["url"], data=b"".join(parts), headers={"Content-Type": f"multipart/form-data; boundary={line}"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read()


class Buckets(Case):
    @classmethod
    def setUpClass(cls):
        cls.s3, cls.bucket = client("s3"), bucket("config")

    def test_what_is_absent_says_so_in_the_words_terraform_waits_for(self):
        made = bucket("absent")
        for call, code in (
            (self.s3.get_bucket_policy, "NoSuchBucketPolicy"), (self.s3.get_bucket_cors, "NoSuchCORSConfiguration"),
            (self.s3.get_bucket_website, "NoSuchWebsiteConfiguration"), (self.s3.get_bucket_lifecycle_configuration, "NoSuchLifecycleConfiguration"),
            (self.s3.get_bucket_replication, "ReplicationConfigurationNotFoundError"), (self.s3.get_bucket_tagging, "NoSuchTagSet"),
            (self.s3.get_object_lock_configuration, "ObjectLockConfigurationNotFoundError"),
        ):
            with self.subTest(code):
                self.refused(404, code, None, call, Bucket=made)
        self.assertNotIn("Status", self.s3.get_bucket_versioning(Bucket=made))
        self.assertEqual(self.s3.get_bucket_request_payment(Bucket=made)["Payer"], "BucketOwner")
        self.assertNotIn("LoggingEnabled", self.s3.get_bucket_logging(Bucket=made))
        self.assertIsNone(self.s3.get_bucket_location(Bucket=made)["LocationConstraint"])
        self.assertEqual(self.s3.get_bucket_acl(Bucket=made)["Grants"][0]["Permission"], "FULL_CONTROL")
        self.assertEqual(self.s3.head_bucket(Bucket=made)["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"], "us-east-1")

    def test_policy(self):
        document = json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": "P", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                               "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{self.bucket}/*"}]}, indent=1)
        self.s3.put_bucket_policy(Bucket=self.bucket, Policy=document)
        self.assertEqual(self.s3.get_bucket_policy(Bucket=self.bucket)["Policy"], document)
        self.assertFalse(self.s3.get_bucket_policy_status(Bucket=self.bucket)["PolicyStatus"]["IsPublic"])
        self.refused(400, "MalformedPolicy", None, self.s3.put_bucket_policy, Bucket=self.bucket, Policy=document.replace(self.bucket, "another"))
        public = json.dumps({**json.loads(document), "Statement": [{**json.loads(document)["Statement"][0], "Principal": "*"}]})
        self.refused(403, "AccessDenied", None, self.s3.put_bucket_policy, Bucket=self.bucket, Policy=public)
        self.s3.delete_bucket_policy(Bucket=self.bucket)
        self.refused(404, "NoSuchBucketPolicy", None, self.s3.get_bucket_policy, Bucket=self.bucket)

    def test_tags_ownership_and_public_access(self):
        tags = [{"Key": "team", "Value": "pictures"}]
        self.s3.put_bucket_tagging(Bucket=self.bucket, Tagging={"TagSet": tags})
        self.assertEqual(self.s3.get_bucket_tagging(Bucket=self.bucket)["TagSet"], tags)
        self.assertEqual(self.s3.get_bucket_ownership_controls(Bucket=self.bucket)["OwnershipControls"]["Rules"], [{"ObjectOwnership": "BucketOwnerEnforced"}])
        block = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True}
        self.assertEqual(self.s3.get_public_access_block(Bucket=self.bucket)["PublicAccessBlockConfiguration"], block)
        self.s3.put_public_access_block(Bucket=self.bucket, PublicAccessBlockConfiguration={**block, "BlockPublicPolicy": False})
        self.assertFalse(self.s3.get_public_access_block(Bucket=self.bucket)["PublicAccessBlockConfiguration"]["BlockPublicPolicy"])

    @not_built("PutBucketWebsite")
    def test_website(self):
        self.s3.put_bucket_website(Bucket=self.bucket, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "error.html"}})
        got = self.s3.get_bucket_website(Bucket=self.bucket)
        self.assertEqual((got["IndexDocument"], got["ErrorDocument"]), ({"Suffix": "index.html"}, {"Key": "error.html"}))

    def test_a_public_website_bucket_is_read_by_nobody_in_particular(self):
        made = bucket("public")
        self.s3.put_object(Bucket=made, Key="index.html", Body=b"<html>", ContentType="text/html")
        self.s3.put_public_access_block(Bucket=made, PublicAccessBlockConfiguration={
            "BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": False, "RestrictPublicBuckets": False})
        self.s3.put_bucket_policy(Bucket=made, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{made}/*"}]}))
        nobody = client("s3", None)
        self.assertEqual(nobody.get_object(Bucket=made, Key="index.html")["Body"].read(), b"<html>")
        self.refused(403, "AccessDenied", "Access Denied", nobody.list_objects_v2, Bucket=made)
        self.refused(403, "AccessDenied", "Access Denied", nobody.put_object, Bucket=made, Key="x", Body=b"")
        self.refused(403, "AccessDenied", "Access Denied", nobody.list_buckets)

    def test_cors(self):
        origin = "http://site.example"
        self.s3.put_bucket_cors(Bucket=self.bucket, CORSConfiguration={"CORSRules": [
            {"AllowedOrigins": [origin], "AllowedMethods": ["GET"], "AllowedHeaders": ["*"], "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 300}]})
        self.assertEqual(self.s3.get_bucket_cors(Bucket=self.bucket)["CORSRules"][0]["AllowedOrigins"], [origin])
        self.s3.put_object(Bucket=self.bucket, Key="cors", Body=b"x")
        ask = {"Origin": origin, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization,x-amz-security-token"}
        status, headers, _ = raw("OPTIONS", f"/{self.bucket}/cors", ask)
        self.assertEqual((status, headers["Access-Control-Allow-Origin"], headers["Access-Control-Allow-Methods"], headers["Access-Control-Max-Age"],
                          headers["Access-Control-Allow-Headers"]), (200, origin, "GET", "300", "authorization, x-amz-security-token"))
        self.assertIn("Origin", headers["Vary"])
        for change in ({"Origin": "http://evil.example"}, {"Access-Control-Request-Method": "PUT"}):
            status, headers, body = raw("OPTIONS", f"/{self.bucket}/cors", {**ask, **change})
            self.assertEqual((status, b"<Code>AccessForbidden</Code>" in body, "Access-Control-Allow-Origin" in headers), (403, True, False), body)
        # A refusal has the headers too: a browser would otherwise hide it.
        status, headers, _ = raw("GET", f"/{self.bucket}/cors", {"Origin": origin})
        self.assertEqual((status, headers["Access-Control-Allow-Origin"], headers["Access-Control-Expose-Headers"]), (403, origin, "ETag"))
        status, headers, _ = raw("GET", f"/{self.bucket}/cors", {"Origin": "http://evil.example"})
        self.assertEqual((status, "Access-Control-Allow-Origin" in headers), (403, False))

    def test_error_codes(self):
        missing = name("missing")
        self.refused(404, "NoSuchBucket", "The specified bucket does not exist", self.s3.list_objects_v2, Bucket=missing)
        self.refused(404, "404", "Not Found", self.s3.head_bucket, Bucket=missing)
        with self.assertRaises(self.s3.exceptions.NoSuchBucket):
            self.s3.delete_bucket(Bucket=missing)
        self.refused(400, "InvalidBucketName", "The specified bucket is not valid.", self.s3.create_bucket, Bucket="xn--nope")
        wrong = client("s3", ("AKIAAAAAAAAAAAAAAAAA", "x" * 40, None))
        self.refused(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", wrong.list_buckets)
        lost = client("s3", (ROOT[0], "x" * 40, None))
        self.refused(403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your key and signing method.", lost.list_buckets)
        self.refused(400, "InvalidToken", "The provided token is malformed or otherwise invalid.",
                     client("s3", (ROOT[0], ROOT[1], "a session token")).list_buckets)

    def test_a_client_of_another_region_is_told_the_right_one(self):
        # botocore takes the region out of AuthorizationHeaderMalformed and signs again.
        put = client("s3", region="eu-west-3").put_object(Bucket=self.bucket, Key="elsewhere", Body=b"")
        self.assertEqual(put["ResponseMetadata"]["HTTPStatusCode"], 200)
        status, _, body = raw("GET", urllib.parse.urlsplit(client("s3", region="eu-west-3").generate_presigned_url(
            "get_object", {"Bucket": self.bucket, "Key": "elsewhere"})), {})
        self.assertEqual((status, b"<Code>AuthorizationQueryParametersError</Code>" in body), (400, True), body)

    def test_old_signatures_are_refused_in_words(self):
        old = boto3.session.Session().client("s3", region_name="us-east-1", endpoint_url=ENDPOINT, aws_access_key_id=ROOT[0],
                                             aws_secret_access_key=ROOT[1], config=CONFIG.merge(Config(signature_version="s3")))
        sentence = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
        self.refused(400, "InvalidRequest", sentence, old.list_buckets)
        status, _, body = raw("GET", urllib.parse.urlsplit(old.generate_presigned_url("get_object", {"Bucket": self.bucket, "Key": "k"})), {})
        self.assertEqual((status, sentence.encode() in body), (400, True), body)


class HostStyle(Case):
    def test_a_bucket_is_part_of_the_host_name(self):
        made, port = bucket("host"), urllib.parse.urlsplit(ENDPOINT).port
        # What a resolver does with names under localhost; not every machine's does.
        resolve = socket.getaddrinfo

        def loopback(host, *more, **names):
            return resolve("127.0.0.1" if str(host).endswith(".localhost") else host, *more, **names)
        with unittest.mock.patch("socket.getaddrinfo", loopback):
            s3 = boto3.session.Session().client(
                "s3", region_name="us-east-1", endpoint_url=f"http://s3.localhost:{port}", aws_access_key_id=ROOT[0], aws_secret_access_key=ROOT[1],
                config=CONFIG.merge(Config(s3={"addressing_style": "virtual"})))
            for key in ("k", "a//b", "../x", "-/healthz", f"{made}/k"):
                with self.subTest(key):
                    s3.put_object(Bucket=made, Key=key, Body=key.encode())
                    self.assertEqual(s3.get_object(Bucket=made, Key=key)["Body"].read(), key.encode())
                    self.assertEqual(client("s3").get_object(Bucket=made, Key=key)["Body"].read(), key.encode())
            self.assertEqual(s3.list_objects_v2(Bucket=made)["KeyCount"], 5)
            self.assertIn(made, [b["Name"] for b in s3.list_buckets()["Buckets"]])
            url = s3.generate_presigned_url("get_object", {"Bucket": made, "Key": "k"})
            self.assertIn(f"{made}.s3.localhost", url)
            with urllib.request.urlopen(url, timeout=10) as answer:
                self.assertEqual(answer.read(), b"k")


def raw(method, target, headers):
    """Sends a request no SDK makes; the target is a path or a parsed URL."""
    path = target if isinstance(target, str) else target.path + "?" + target.query
    request = urllib.request.Request(ENDPOINT + path, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.headers, refusal.read()
