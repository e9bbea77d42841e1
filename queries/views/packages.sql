-- One row for each access package, as last seen.
-- column package_id: package
-- column package_name: name
-- column description: description
-- column catalog_id: catalog
-- column catalog_name: name of the catalog
-- column is_removed: whether the newest complete snapshot no longer lists it
-- column policy_count: number of its policies
-- column content_count: number of resource roles in it
SELECT
    package_id,
    package_name,
    description,
    catalog_id,
    catalog_name,
    is_removed,
    policy_count,
    content_count
FROM kept_packages
