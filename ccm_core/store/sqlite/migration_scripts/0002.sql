-- Of each subject, the fields of its row that sections of the report show, as a JSON object: a report
-- reads them in place of the row. What is there has none: the next evaluation makes all anew.
ALTER TABLE subject ADD COLUMN shown TEXT NOT NULL DEFAULT '{}';
INSERT INTO deriving (connection) SELECT DISTINCT connection FROM subject WHERE TRUE ON CONFLICT DO NOTHING;
