-- A ledger as the first version of its schema left it, with one generation in the queue.
BEGIN TRANSACTION;
CREATE TABLE edges (
	version INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	role TEXT NOT NULL, 
	sha256 TEXT NOT NULL, 
	name TEXT NOT NULL, 
	PRIMARY KEY (version, position), 
	FOREIGN KEY(version) REFERENCES versions (ordinal)
);
CREATE TABLE files (
	version INTEGER NOT NULL, 
	path TEXT NOT NULL, 
	sha256 TEXT NOT NULL, 
	size BIGINT NOT NULL, 
	in_layer BOOLEAN NOT NULL, 
	PRIMARY KEY (version, path), 
	FOREIGN KEY(version) REFERENCES versions (ordinal)
);
CREATE TABLE generations (
	ordinal INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name TEXT NOT NULL, 
	project TEXT NOT NULL, 
	shot TEXT NOT NULL, 
	request_id TEXT, 
	state TEXT NOT NULL, 
	etag TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	worker TEXT NOT NULL, 
	progress INTEGER NOT NULL, 
	plan_digest TEXT NOT NULL, 
	record_sha256 TEXT NOT NULL, 
	body TEXT NOT NULL, 
	UNIQUE (project, request_id), 
	UNIQUE (name)
);
INSERT INTO "generations" VALUES(1,'projects/demo/shots/sh010/generations/g6129093a02','demo','sh010','kept','QUEUED','ecb59aae6df56893',1,'',1,'','','{"cached":false,"created":"2026-11-22T20:04:40.563Z","etag":"","failure":null,"findings":[],"folder":"","forecast":null,"layer":null,"name":"projects/demo/shots/sh010/generations/g6129093a02","plan_digest":"","plan_json":"","record":null,"request":{"camera":"","detail":"full","generator":"burning_forest","ground":"","meters_per_unit":0.0,"name":"","operator":"ana","parameters":[["content","a"],["density",1.0],["lit",true],["trees",7],["wind",[1.0,0.5]]],"project":"demo","prompt":"","request_id":"kept","seed":5,"shot":"sh010","up_axis":""},"seconds":0.0,"state":"QUEUED","understanding":null,"version":0}');
CREATE TABLE outbox (
	ordinal INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	kind TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	created TEXT NOT NULL, 
	FOREIGN KEY(version) REFERENCES versions (ordinal)
);
CREATE TABLE progress (
	generation TEXT NOT NULL, 
	sequence INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	fraction FLOAT NOT NULL, 
	message TEXT NOT NULL, 
	PRIMARY KEY (generation, sequence), 
	FOREIGN KEY(generation) REFERENCES generations (name)
);
INSERT INTO "progress" VALUES('projects/demo/shots/sh010/generations/g6129093a02',1,'QUEUED',0.0,'Waiting for a worker.');
CREATE TABLE records (
	version INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	envelope TEXT NOT NULL, 
	payload_sha256 TEXT NOT NULL, 
	PRIMARY KEY (version), 
	FOREIGN KEY(version) REFERENCES versions (ordinal)
);
CREATE TABLE schema_version (
	number INTEGER NOT NULL, 
	PRIMARY KEY (number)
);
INSERT INTO "schema_version" VALUES(1);
CREATE TABLE versions (
	ordinal INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	project TEXT NOT NULL, 
	shot TEXT NOT NULL, 
	name TEXT NOT NULL, 
	number INTEGER NOT NULL, 
	layer_sha256 TEXT NOT NULL, 
	plan_digest TEXT NOT NULL, 
	record_id TEXT NOT NULL, 
	generation TEXT NOT NULL, 
	folder TEXT NOT NULL, 
	created TEXT NOT NULL, 
	request_id TEXT, 
	UNIQUE (project, shot, name, number), 
	UNIQUE (project, shot, name, layer_sha256), 
	UNIQUE (project, request_id), 
	FOREIGN KEY(generation) REFERENCES generations (name)
);
CREATE INDEX generations_by_shot ON generations (project, shot, ordinal);
CREATE INDEX generations_by_plan ON generations (plan_digest);
CREATE INDEX generations_by_record ON generations (record_sha256);
CREATE INDEX generations_by_state ON generations (state, ordinal);
CREATE INDEX edges_by_source ON edges (sha256);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('generations',1);
COMMIT;
