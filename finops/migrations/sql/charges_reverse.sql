DROP INDEX calls_posted_late;
DROP TABLE charges_by_month, charges_by_day, charge_before_images, charges;
DROP SEQUENCE charge_id_seq;
