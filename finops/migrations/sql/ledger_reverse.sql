DROP SCHEMA staging CASCADE;
DROP TABLE stale_hours, call_before_images, call_evidence, call_keys, calls;
DROP SEQUENCE call_id_seq;
