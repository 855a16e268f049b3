"""What a history tells: what closed beside what, where stripping begins, when cracks arrived."""
