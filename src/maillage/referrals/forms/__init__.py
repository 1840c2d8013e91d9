"""Forms of the referrals room: shapes only; actions decide."""
