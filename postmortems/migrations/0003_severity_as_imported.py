from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("postmortems", "0002_history_and_scale")]

    operations = [
        migrations.AddField(
            model_name="incident",
            name="severity_label",
            field=models.CharField(blank=True, db_default="", max_length=50),
        ),
    ]
