BEGIN TRANSACTION;
CREATE TABLE addresses (
	id INTEGER NOT NULL, 
	person_id INTEGER NOT NULL, 
	network VARCHAR(16) NOT NULL, 
	address TEXT NOT NULL, 
	room TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT pk_addresses PRIMARY KEY (id), 
	CONSTRAINT fk_addresses_person_id FOREIGN KEY(person_id) REFERENCES people (id), 
	CONSTRAINT uq_addresses_network_address_room UNIQUE (network, address, room)
);
INSERT INTO "addresses" VALUES(1,1,'matrix','@ana:example.org','');
INSERT INTO "addresses" VALUES(2,2,'xmpp','noa@example.org','');
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE audit (
	id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	person_id INTEGER, 
	room_id INTEGER, 
	act VARCHAR(32) NOT NULL, 
	campaign_id INTEGER, 
	organisation_id INTEGER, 
	details JSON NOT NULL, 
	CONSTRAINT pk_audit PRIMARY KEY (id), 
	CONSTRAINT fk_audit_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaigns (id), 
	CONSTRAINT fk_audit_organisation_id FOREIGN KEY(organisation_id) REFERENCES organisations (id), 
	CONSTRAINT fk_audit_person_id FOREIGN KEY(person_id) REFERENCES people (id), 
	CONSTRAINT fk_audit_room_id FOREIGN KEY(room_id) REFERENCES rooms (id)
);
INSERT INTO "audit" VALUES(1,'2027-09-01 10:00:00.000000',1,1,'sign',1,NULL,'{"number": 1}');
CREATE TABLE ballots (
	id INTEGER NOT NULL, 
	poll_id INTEGER NOT NULL, 
	organisation_id INTEGER NOT NULL, 
	person_id INTEGER NOT NULL, 
	choice VARCHAR(32) NOT NULL, 
	reason TEXT DEFAULT '' NOT NULL, 
	network VARCHAR(16) NOT NULL, 
	event TEXT NOT NULL, 
	cast_at DATETIME NOT NULL, 
	standing BOOLEAN NOT NULL, 
	CONSTRAINT pk_ballots PRIMARY KEY (id), 
	CONSTRAINT fk_ballots_organisation_id FOREIGN KEY(organisation_id) REFERENCES organisations (id), 
	CONSTRAINT fk_ballots_person_id FOREIGN KEY(person_id) REFERENCES people (id), 
	CONSTRAINT fk_ballots_poll_id FOREIGN KEY(poll_id) REFERENCES polls (id)
);
INSERT INTO "ballots" VALUES(1,1,1,1,'yes','','matrix','$4','2027-09-01 10:00:00.000000',1);
CREATE TABLE campaign_organisations (
	campaign_id INTEGER NOT NULL, 
	organisation_id INTEGER NOT NULL, 
	standing VARCHAR(16) DEFAULT 'silent' NOT NULL, 
	deciding_until DATE, 
	leaning TEXT DEFAULT '' NOT NULL, 
	note TEXT DEFAULT '' NOT NULL, 
	since DATETIME NOT NULL, 
	room_id INTEGER, 
	CONSTRAINT pk_campaign_organisations PRIMARY KEY (campaign_id, organisation_id), 
	CONSTRAINT ck_campaign_organisations_standing CHECK (standing IN ('silent', 'deciding', 'declared', 'signed', 'declined', 'withdrawn')), 
	CONSTRAINT fk_campaign_organisations_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaigns (id), 
	CONSTRAINT fk_campaign_organisations_organisation_id FOREIGN KEY(organisation_id) REFERENCES organisations (id), 
	CONSTRAINT fk_campaign_organisations_room_id FOREIGN KEY(room_id) REFERENCES rooms (id)
);
INSERT INTO "campaign_organisations" VALUES(1,1,'signed',NULL,'','','2027-09-01 10:00:00.000000',1);
INSERT INTO "campaign_organisations" VALUES(1,2,'deciding','2027-09-20','yes','','2027-09-01 10:00:00.000000',NULL);
CREATE TABLE campaign_rooms (
	campaign_id INTEGER NOT NULL, 
	room_id INTEGER NOT NULL, 
	position INTEGER DEFAULT 0 NOT NULL, 
	CONSTRAINT pk_campaign_rooms PRIMARY KEY (campaign_id, room_id), 
	CONSTRAINT fk_campaign_rooms_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaigns (id), 
	CONSTRAINT fk_campaign_rooms_room_id FOREIGN KEY(room_id) REFERENCES rooms (id)
);
INSERT INTO "campaign_rooms" VALUES(1,1,0);
CREATE TABLE campaigns (
	id INTEGER NOT NULL, 
	"key" VARCHAR(64) NOT NULL, 
	title TEXT NOT NULL, 
	link TEXT DEFAULT '' NOT NULL, 
	goal INTEGER, 
	counts VARCHAR(16) DEFAULT 'confirmed' NOT NULL, 
	timezone VARCHAR(64) NOT NULL, 
	language VARCHAR(8) NOT NULL, 
	reminders JSON NOT NULL, 
	civil_hours VARCHAR(16) NOT NULL, 
	opened_at DATETIME NOT NULL, 
	closed_at DATETIME, 
	CONSTRAINT pk_campaigns PRIMARY KEY (id), 
	CONSTRAINT ck_campaigns_counts CHECK (counts IN ('confirmed', 'declared')), 
	CONSTRAINT uq_campaigns_key UNIQUE ("key")
);
INSERT INTO "campaigns" VALUES(1,'ngi','Save it','',NULL,'confirmed','Europe/Paris','fr','[86400, 3600]','09:00-20:00','2027-09-01 10:00:00.000000',NULL);
CREATE TABLE cursors (
	network VARCHAR(16) NOT NULL, 
	scope TEXT NOT NULL, 
	cursor TEXT NOT NULL, 
	CONSTRAINT pk_cursors PRIMARY KEY (network, scope)
);
INSERT INTO "cursors" VALUES('matrix','sync','s1_2');
CREATE TABLE deadlines (
	id INTEGER NOT NULL, 
	campaign_id INTEGER NOT NULL, 
	label TEXT DEFAULT '' NOT NULL, 
	at DATETIME NOT NULL, 
	zone VARCHAR(64) NOT NULL, 
	version INTEGER DEFAULT 1 NOT NULL, 
	set_at DATETIME NOT NULL, 
	cancelled_at DATETIME, 
	CONSTRAINT pk_deadlines PRIMARY KEY (id), 
	CONSTRAINT fk_deadlines_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaigns (id), 
	CONSTRAINT uq_deadlines_campaign_id_label UNIQUE (campaign_id, label)
);
INSERT INTO "deadlines" VALUES(1,1,'','2027-09-03 10:00:00.000000','Europe/Paris',1,'2027-09-01 10:00:00.000000',NULL);
CREATE TABLE devices (
	network VARCHAR(16) NOT NULL, 
	account TEXT NOT NULL, 
	device TEXT NOT NULL, 
	CONSTRAINT pk_devices PRIMARY KEY (network, account)
);
INSERT INTO "devices" VALUES('matrix','@tocsin:example.org','TOCSIN1');
CREATE TABLE dispatches (
	"key" VARCHAR(36) NOT NULL, 
	network VARCHAR(16) NOT NULL, 
	room_id INTEGER NOT NULL, 
	payload JSON NOT NULL, 
	private_with TEXT, 
	file_id INTEGER, 
	state VARCHAR(16) NOT NULL, 
	event TEXT DEFAULT '' NOT NULL, 
	error TEXT DEFAULT '' NOT NULL, 
	made_at DATETIME NOT NULL, 
	settled_at DATETIME, 
	CONSTRAINT pk_dispatches PRIMARY KEY ("key"), 
	CONSTRAINT ck_dispatches_state CHECK (state IN ('sending', 'delivered', 'uncertain', 'failed')), 
	CONSTRAINT fk_dispatches_file_id FOREIGN KEY(file_id) REFERENCES files (id), 
	CONSTRAINT fk_dispatches_room_id FOREIGN KEY(room_id) REFERENCES rooms (id)
);
INSERT INTO "dispatches" VALUES('k1','matrix',1,'{"text": "Hello"}',NULL,1,'sending','','','2027-09-01 10:00:00.000000',NULL);
CREATE TABLE electors (
	poll_id INTEGER NOT NULL, 
	organisation_id INTEGER NOT NULL, 
	CONSTRAINT pk_electors PRIMARY KEY (poll_id, organisation_id), 
	CONSTRAINT fk_electors_organisation_id FOREIGN KEY(organisation_id) REFERENCES organisations (id), 
	CONSTRAINT fk_electors_poll_id FOREIGN KEY(poll_id) REFERENCES polls (id)
);
INSERT INTO "electors" VALUES(1,1);
INSERT INTO "electors" VALUES(1,2);
CREATE TABLE files (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	media_type TEXT NOT NULL, 
	data BLOB, 
	CONSTRAINT pk_files PRIMARY KEY (id)
);
INSERT INTO "files" VALUES(1,'list.csv','text/csv',X'612C620A00FF');
CREATE TABLE inbox (
	network VARCHAR(16) NOT NULL, 
	scope TEXT NOT NULL, 
	event TEXT NOT NULL, 
	at DATETIME NOT NULL, 
	CONSTRAINT pk_inbox PRIMARY KEY (network, scope, event)
);
INSERT INTO "inbox" VALUES('matrix','!coop:example.org','$1','2027-09-01 10:00:00.000000');
INSERT INTO "inbox" VALUES('matrix','!coop:example.org','$2','2027-09-01 10:00:00.000000');
CREATE TABLE letters (
	id INTEGER NOT NULL, 
	campaign_id INTEGER NOT NULL, 
	version INTEGER NOT NULL, 
	language VARCHAR(8) NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	title TEXT NOT NULL, 
	summary TEXT DEFAULT '' NOT NULL, 
	text TEXT NOT NULL, 
	change VARCHAR(16) DEFAULT 'first' NOT NULL, 
	root_id INTEGER, 
	added_at DATETIME NOT NULL, 
	CONSTRAINT pk_letters PRIMARY KEY (id), 
	CONSTRAINT ck_letters_change CHECK (change IN ('first', 'minor', 'material')), 
	CONSTRAINT fk_letters_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaigns (id), 
	CONSTRAINT fk_letters_root_id FOREIGN KEY(root_id) REFERENCES letters (id), 
	CONSTRAINT uq_letters_campaign_id_language_version UNIQUE (campaign_id, language, version)
);
INSERT INTO "letters" VALUES(1,1,1,'fr','0191d75a5d1ed107c2ca1c758fb38dba7b63270499bbd6749d38ba441ff90581','Sauvons-le','','Il le faut.','first',NULL,'2027-09-01 10:00:00.000000');
INSERT INTO "letters" VALUES(2,1,1,'en','4b0667c0fb28485297637b53a3341ecc4cef35669b20341fe34413ea5c0b340f','Save it','S','It must be.','first',1,'2027-09-01 10:00:00.000000');
CREATE TABLE link_codes (
	code VARCHAR(16) NOT NULL, 
	person_id INTEGER NOT NULL, 
	address_id INTEGER, 
	expires_at DATETIME NOT NULL, 
	CONSTRAINT pk_link_codes PRIMARY KEY (code), 
	CONSTRAINT fk_link_codes_address_id FOREIGN KEY(address_id) REFERENCES addresses (id), 
	CONSTRAINT fk_link_codes_person_id FOREIGN KEY(person_id) REFERENCES people (id)
);
INSERT INTO "link_codes" VALUES('ABCD2345',2,2,'2027-09-01 11:00:00.000000');
CREATE TABLE organisation_names (
	normal TEXT NOT NULL, 
	organisation_id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	CONSTRAINT pk_organisation_names PRIMARY KEY (normal), 
	CONSTRAINT fk_organisation_names_organisation_id FOREIGN KEY(organisation_id) REFERENCES organisations (id)
);
INSERT INTO "organisation_names" VALUES('picasoft',1,'Picasoft');
INSERT INTO "organisation_names" VALUES('nuage libre',2,'Nuage Libre');
INSERT INTO "organisation_names" VALUES('nl',2,'NL');
CREATE TABLE organisations (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	website TEXT DEFAULT '' NOT NULL, 
	domain TEXT DEFAULT '' NOT NULL, 
	funded TEXT DEFAULT '' NOT NULL, 
	testimony TEXT DEFAULT '' NOT NULL, 
	flagged BOOLEAN DEFAULT 0 NOT NULL, 
	added_at DATETIME NOT NULL, 
	CONSTRAINT pk_organisations PRIMARY KEY (id)
);
INSERT INTO "organisations" VALUES(1,'Picasoft','','','','',0,'2027-09-01 10:00:00.000000');
INSERT INTO "organisations" VALUES(2,'Nuage Libre','','','','',0,'2027-09-01 10:00:00.000000');
CREATE TABLE outbox (
	id INTEGER NOT NULL, 
	network VARCHAR(16) NOT NULL, 
	room_id INTEGER, 
	address_id INTEGER, 
	intent VARCHAR(16) NOT NULL, 
	message JSON NOT NULL, 
	file_id INTEGER, 
	urgency INTEGER DEFAULT 5 NOT NULL, 
	reply_to TEXT DEFAULT '' NOT NULL, 
	thread TEXT DEFAULT '' NOT NULL, 
	purpose TEXT DEFAULT '' NOT NULL, 
	created_at DATETIME NOT NULL, 
	dispatch_key VARCHAR(36), 
	settled BOOLEAN DEFAULT 0 NOT NULL, 
	CONSTRAINT pk_outbox PRIMARY KEY (id), 
	CONSTRAINT ck_outbox_intent CHECK (intent IN ('message', 'join', 'leave')), 
	CONSTRAINT fk_outbox_address_id FOREIGN KEY(address_id) REFERENCES addresses (id), 
	CONSTRAINT fk_outbox_dispatch_key FOREIGN KEY(dispatch_key) REFERENCES dispatches ("key"), 
	CONSTRAINT fk_outbox_file_id FOREIGN KEY(file_id) REFERENCES files (id), 
	CONSTRAINT fk_outbox_room_id FOREIGN KEY(room_id) REFERENCES rooms (id)
);
INSERT INTO "outbox" VALUES(1,'matrix',1,NULL,'message','{"lines": [{"id": "Hello", "values": {}, "plural": "", "count": 0, "kind": "text"}], "to": null, "to_name": "", "mentions": [], "rings": false, "purpose": "", "private": false}',1,5,'','','','2027-09-01 10:00:00.000000','k1',1);
INSERT INTO "outbox" VALUES(2,'xmpp',NULL,2,'message','{"lines": [{"id": "Welcome", "values": {}, "plural": "", "count": 0, "kind": "text"}], "to": null, "to_name": "", "mentions": [], "rings": false, "purpose": "", "private": false}',NULL,5,'','','','2027-09-01 10:00:00.000000',NULL,0);
CREATE TABLE people (
	id INTEGER NOT NULL, 
	name TEXT DEFAULT '' NOT NULL, 
	language VARCHAR(8), 
	known_since DATETIME NOT NULL, 
	CONSTRAINT pk_people PRIMARY KEY (id)
);
INSERT INTO "people" VALUES(1,'Ana',NULL,'2027-09-01 10:00:00.000000');
INSERT INTO "people" VALUES(2,'Noa',NULL,'2027-09-01 10:00:00.000000');
CREATE TABLE polls (
	id INTEGER NOT NULL, 
	campaign_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	question TEXT NOT NULL, 
	procedure VARCHAR(32) NOT NULL, 
	opened_by INTEGER NOT NULL, 
	opened_at DATETIME NOT NULL, 
	closes_at DATETIME NOT NULL, 
	zone VARCHAR(64) NOT NULL, 
	closed_at DATETIME, 
	outcome TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT pk_polls PRIMARY KEY (id), 
	CONSTRAINT fk_polls_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaigns (id), 
	CONSTRAINT fk_polls_opened_by FOREIGN KEY(opened_by) REFERENCES people (id), 
	CONSTRAINT uq_polls_campaign_id_number UNIQUE (campaign_id, number)
);
INSERT INTO "polls" VALUES(1,1,1,'Publish?','majority',2,'2027-09-01 10:00:00.000000','2027-09-01 11:00:00.000000','Europe/Paris',NULL,'');
CREATE TABLE prompts (
	id INTEGER NOT NULL, 
	person_id INTEGER NOT NULL, 
	room_id INTEGER NOT NULL, 
	choices JSON NOT NULL, 
	asked_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	answered_at DATETIME, 
	CONSTRAINT pk_prompts PRIMARY KEY (id), 
	CONSTRAINT fk_prompts_person_id FOREIGN KEY(person_id) REFERENCES people (id), 
	CONSTRAINT fk_prompts_room_id FOREIGN KEY(room_id) REFERENCES rooms (id)
);
INSERT INTO "prompts" VALUES(1,1,1,'[{"command": "sign", "arguments": {"name": "NL"}}]','2027-09-01 10:00:00.000000','2027-09-01 11:00:00.000000',NULL);
CREATE TABLE quarantine (
	id INTEGER NOT NULL, 
	reference VARCHAR(12) NOT NULL, 
	network VARCHAR(16) NOT NULL, 
	scope TEXT NOT NULL, 
	event TEXT NOT NULL, 
	what TEXT NOT NULL, 
	error TEXT NOT NULL, 
	at DATETIME NOT NULL, 
	CONSTRAINT pk_quarantine PRIMARY KEY (id), 
	CONSTRAINT uq_quarantine_reference UNIQUE (reference)
);
INSERT INTO "quarantine" VALUES(1,'abc123','matrix','!coop:example.org','$3','Said','ValueError','2027-09-01 10:00:00.000000');
CREATE TABLE reminders (
	id INTEGER NOT NULL, 
	deadline_id INTEGER, 
	deadline_version INTEGER, 
	poll_id INTEGER, 
	organisation_id INTEGER NOT NULL, 
	seconds_before INTEGER NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	at DATETIME NOT NULL, 
	CONSTRAINT pk_reminders PRIMARY KEY (id), 
	CONSTRAINT ck_reminders_state CHECK (state IN ('sent', 'late', 'skipped')), 
	CONSTRAINT ck_reminders_one_cause CHECK ((deadline_id IS NULL) <> (poll_id IS NULL)), 
	CONSTRAINT fk_reminders_deadline_id FOREIGN KEY(deadline_id) REFERENCES deadlines (id), 
	CONSTRAINT fk_reminders_organisation_id FOREIGN KEY(organisation_id) REFERENCES organisations (id), 
	CONSTRAINT fk_reminders_poll_id FOREIGN KEY(poll_id) REFERENCES polls (id), 
	CONSTRAINT uq_reminders_deadline_id_deadline_version_organisation_id_seconds_before UNIQUE (deadline_id, deadline_version, organisation_id, seconds_before), 
	CONSTRAINT uq_reminders_poll_id_organisation_id_seconds_before UNIQUE (poll_id, organisation_id, seconds_before)
);
INSERT INTO "reminders" VALUES(1,1,1,NULL,1,86400,'skipped','2027-09-01 10:00:00.000000');
INSERT INTO "reminders" VALUES(2,1,1,NULL,2,86400,'sent','2027-09-01 10:00:00.000000');
INSERT INTO "reminders" VALUES(3,NULL,NULL,1,2,3600,'late','2027-09-01 10:00:00.000000');
CREATE TABLE representatives (
	organisation_id INTEGER NOT NULL, 
	person_id INTEGER NOT NULL, 
	how VARCHAR(16) NOT NULL, 
	since DATETIME NOT NULL, 
	CONSTRAINT pk_representatives PRIMARY KEY (organisation_id, person_id), 
	CONSTRAINT ck_representatives_how CHECK (how IN ('roster', 'campaigner', 'verified')), 
	CONSTRAINT fk_representatives_organisation_id FOREIGN KEY(organisation_id) REFERENCES organisations (id), 
	CONSTRAINT fk_representatives_person_id FOREIGN KEY(person_id) REFERENCES people (id)
);
INSERT INTO "representatives" VALUES(1,1,'roster','2027-09-01 10:00:00.000000');
CREATE TABLE rooms (
	id INTEGER NOT NULL, 
	network VARCHAR(16) NOT NULL, 
	address TEXT NOT NULL, 
	alias TEXT DEFAULT '' NOT NULL, 
	name TEXT DEFAULT '' NOT NULL, 
	language VARCHAR(8), 
	admin BOOLEAN DEFAULT 0 NOT NULL, 
	direct BOOLEAN DEFAULT 0 NOT NULL, 
	partner TEXT DEFAULT '' NOT NULL, 
	encrypted BOOLEAN DEFAULT 0 NOT NULL, 
	archived BOOLEAN DEFAULT 1 NOT NULL, 
	state VARCHAR(16) DEFAULT 'wanted' NOT NULL, 
	why TEXT DEFAULT '' NOT NULL, 
	welcomed_at DATETIME, 
	CONSTRAINT pk_rooms PRIMARY KEY (id), 
	CONSTRAINT ck_rooms_state CHECK (state IN ('wanted', 'joined', 'parked')), 
	CONSTRAINT uq_rooms_network_address UNIQUE (network, address)
);
INSERT INTO "rooms" VALUES(1,'matrix','!coop:example.org','','',NULL,0,0,'',0,1,'joined','',NULL);
INSERT INTO "rooms" VALUES(2,'xmpp','forge@rooms.example.org','','La forge','fr',1,0,'',0,1,'wanted','',NULL);
CREATE TABLE signatures (
	id INTEGER NOT NULL, 
	campaign_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	organisation_id INTEGER NOT NULL, 
	person_id INTEGER NOT NULL, 
	address_id INTEGER NOT NULL, 
	letter_id INTEGER NOT NULL, 
	room_id INTEGER NOT NULL, 
	level VARCHAR(16) NOT NULL, 
	person_name TEXT DEFAULT '' NOT NULL, 
	role TEXT DEFAULT '' NOT NULL, 
	url TEXT DEFAULT '' NOT NULL, 
	funded TEXT DEFAULT '' NOT NULL, 
	mandate_kind TEXT DEFAULT '' NOT NULL, 
	mandate_day DATE, 
	mandate_link TEXT DEFAULT '' NOT NULL, 
	note TEXT DEFAULT '' NOT NULL, 
	network VARCHAR(16) NOT NULL, 
	event TEXT NOT NULL, 
	signed_at DATETIME NOT NULL, 
	verified_by INTEGER, 
	ended_at DATETIME, 
	end_reason TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT pk_signatures PRIMARY KEY (id), 
	CONSTRAINT ck_signatures_level CHECK (level IN ('declared', 'confirmed', 'verified', 'rejected', 'withdrawn')), 
	CONSTRAINT fk_signatures_address_id FOREIGN KEY(address_id) REFERENCES addresses (id), 
	CONSTRAINT fk_signatures_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaigns (id), 
	CONSTRAINT fk_signatures_letter_id FOREIGN KEY(letter_id) REFERENCES letters (id), 
	CONSTRAINT fk_signatures_organisation_id FOREIGN KEY(organisation_id) REFERENCES organisations (id), 
	CONSTRAINT fk_signatures_person_id FOREIGN KEY(person_id) REFERENCES people (id), 
	CONSTRAINT fk_signatures_room_id FOREIGN KEY(room_id) REFERENCES rooms (id), 
	CONSTRAINT fk_signatures_verified_by FOREIGN KEY(verified_by) REFERENCES people (id), 
	CONSTRAINT uq_signatures_campaign_id_number UNIQUE (campaign_id, number)
);
INSERT INTO "signatures" VALUES(1,1,1,1,1,1,1,1,'confirmed','Ana','présidente','','','assembly','2027-06-12','','','matrix','$1','2027-09-01 10:00:00.000000',2,NULL,'');
CREATE TABLE sympathies (
	id INTEGER NOT NULL, 
	campaign_id INTEGER NOT NULL, 
	network VARCHAR(16) NOT NULL, 
	address TEXT NOT NULL, 
	room TEXT DEFAULT '' NOT NULL, 
	target TEXT NOT NULL, 
	event TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT pk_sympathies PRIMARY KEY (id), 
	CONSTRAINT fk_sympathies_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaigns (id), 
	CONSTRAINT uq_sympathies_network_address_room_target UNIQUE (network, address, room, target)
);
INSERT INTO "sympathies" VALUES(1,1,'xmpp','noa@example.org','','$letter','$thumb');
CREATE INDEX ix_addresses_person_id ON addresses (person_id);
CREATE INDEX ix_campaign_organisations_organisation_id ON campaign_organisations (organisation_id);
CREATE INDEX ix_dispatches_event ON dispatches (network, event);
CREATE INDEX ix_dispatches_sending ON dispatches (network) WHERE state = 'sending';
CREATE INDEX ix_organisation_names_organisation_id ON organisation_names (organisation_id);
CREATE INDEX ix_prompts_person_id ON prompts (person_id);
CREATE INDEX ix_representatives_person_id ON representatives (person_id);
CREATE INDEX ix_sympathies_campaign_id ON sympathies (campaign_id);
CREATE UNIQUE INDEX uq_ballots_standing ON ballots (poll_id, organisation_id) WHERE standing IS 1;
CREATE INDEX ix_outbox_dispatch_key ON outbox (dispatch_key);
CREATE INDEX ix_outbox_waiting ON outbox (network, room_id) WHERE dispatch_key IS NULL AND settled IS 0;
CREATE UNIQUE INDEX uq_signatures_standing ON signatures (campaign_id, organisation_id) WHERE ended_at IS NULL;
COMMIT;
